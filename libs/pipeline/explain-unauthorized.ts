import type { ErrorCode } from '#errors';
import type { ExchangeOutcome } from '#http';
import type { Grant, RequestInfo } from '#model';
import type { CredentialChecker } from './ports.ts';
import type { ClusterUpstream } from './snapshot.ts';

/** What `#forward` refuses a 401 of the upstream with, which may blame the wrong one. */
const REFUSED_CREDENTIAL: ReadonlySet<ErrorCode> = new Set([
  'upstreamCredentialRejected',
  'storedTokenRejected',
  'serviceAccountTokenRejected',
]);

/**
 * A 401 through the API server may be that of an aggregated API server or a kubelet. Then no credential of ours has
 * failed: nobody is alarmed, no good token is dropped, and the message names who responded. The API server itself is
 * asked, with the same credential. The client never sees a 401, for which client-go would throw its own credential away.
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
  const check = await credentials.check(upstream, token, auditId);
  if (check === 'rejected') return outcome;
  const whose = grant.mode === 'impersonate' ? 'the gateway’s credential' : 'this credential';
  const message =
    check === 'accepted'
      ? `${responderOf(decision.request, upstream.name)} responded 401, although cluster "${upstream.name}" accepts ${whose}; whoever runs it must mend that`
      : `cluster "${upstream.name}" responded 401, and could not be asked whether it accepts ${whose}; try again later`;
  return {
    ...outcome,
    refusal: { code: check === 'accepted' ? 'upstreamUnauthorized' : 'upstreamUnavailable', message },
  };
}

const KUBELET_SUBRESOURCES = new Set(['log', 'exec', 'attach', 'portforward']);

function responderOf(
  { isResource, group, version, resource, subresource, namespace, name }: RequestInfo,
  cluster: string,
) {
  if (!isResource) return `what serves this path of cluster "${cluster}"`;
  if (group === '' && resource === 'pods' && KUBELET_SUBRESOURCES.has(subresource))
    return `the kubelet of the node that runs pod "${namespace}/${name}"`;
  if (group === '' && resource === 'nodes' && name !== '') return `the kubelet of node "${name}"`;
  if (group === '') return `the API "${version}"`;
  return `the API "${group}/${version}"`;
}
