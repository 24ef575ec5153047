import { GatehouseError, type ErrorCode } from '#errors';
import type { ExchangeOutcome } from '#http';
import type { Grant, RequestInfo } from '#model';
import type { CredentialChecker } from './ports.ts';
import type { ClusterUpstream } from './snapshot.ts';

/** The codes with which `#forward` refuses a 401 of the upstream: they assume that the credential failed. */
const REFUSED_CREDENTIAL: ReadonlySet<ErrorCode> = new Set([
  'upstreamCredentialRejected',
  'storedTokenRejected',
  'serviceAccountTokenRejected',
]);

/**
 * A 401 through the API server may be that of an aggregated API server or a kubelet. Then the credential that was sent
 * is good: no alarm is raised, no token is dropped, and the message names the server that responded. The API server
 * itself is asked, with the same credential. The client never gets a 401: client-go would discard its own credential.
 */
export async function explainUnauthorized(
  outcome: ExchangeOutcome,
  judged: {
    readonly grant: Grant;
    readonly upstream: ClusterUpstream;
    readonly decision: { readonly request: RequestInfo };
  },
  serviceAccountToken: string | undefined,
  auditId: string,
  credentials: CredentialChecker,
): Promise<ExchangeOutcome> {
  if (!outcome.refusal || !REFUSED_CREDENTIAL.has(outcome.refusal.code)) return outcome;
  const { grant, upstream, decision } = judged;
  const token = grant.mode === 'storedToken' ? grant.token : serviceAccountToken;
  const whose = grant.mode === 'impersonate' ? 'the gateway’s credential' : 'this credential';
  try {
    if ((await credentials.check(upstream, token, auditId)) === 'rejected') return outcome;
  } catch (cause) {
    const message = `cluster "${upstream.name}" responded 401, and could not be asked whether it accepts ${whose}; try again later`;
    const isOurs = cause instanceof GatehouseError && cause.code === 'outOfDescriptors';
    return { ...outcome, cause, refusal: { code: isOurs ? cause.code : 'upstreamUnavailable', message } };
  }
  const message = `${responderOf(decision.request, upstream.name)} responded 401, although cluster "${upstream.name}" accepts ${whose}; whoever runs it must mend that`;
  return { ...outcome, refusal: { code: 'upstreamUnauthorized', message } };
}

const KUBELET_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward']);

function responderOf(
  { isResource, path, group, version, resource, subresource, namespace, name }: RequestInfo,
  cluster: string,
) {
  const discovery = isResource ? undefined : /^\/apis\/([^/]+\/[^/]+)\/?$/.exec(path)?.[1];
  if (discovery !== undefined) return `the API "${discovery}"`;
  if (!isResource) return `what serves this path of cluster "${cluster}"`;
  if (group === '' && resource === 'pods' && KUBELET_SUBRESOURCES.has(subresource))
    return `the kubelet of the node that runs pod "${namespace}/${name}"`;
  if (group === '' && resource === 'nodes' && name !== '') return `the kubelet of node "${name}"`;
  if (group === '') return `the API "${version}"`;
  return `the API "${group}/${version}"`;
}
