import { GatehouseError } from '#errors';
import { callAsGateway, type OwnCallPorts } from './call-as-gateway.ts';
import type { ClusterConnection } from './open-cluster.ts';

/** A rule as RBAC has it: for resources, or for non-resource URLs. */
export interface OwnRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface OwnRights {
  readonly rules: readonly OwnRule[];
  /** Another authorizer than RBAC (a webhook, say) may allow more. */
  readonly incomplete: boolean;
}

const REVIEWS = '/apis/authorization.k8s.io/v1';

/**
 * What the gateway's own credential may do, in one namespace and everywhere (SelfSubjectRulesReview).
 * @throws GatehouseError `upstreamUnavailable`, `upstreamCredentialRejected`.
 */
export async function askOwnRights(
  cluster: ClusterConnection,
  namespace: string,
  ports: OwnCallPorts,
): Promise<OwnRights> {
  const { status = {} } = await review<{ status?: RulesStatus }>(
    cluster,
    'SelfSubjectRulesReview',
    { namespace },
    `the gateway asks what its credential may do in namespace "${namespace}"`,
    ports,
  );
  return {
    rules: [...(status.resourceRules ?? []), ...(status.nonResourceRules ?? [])].map(withoutNulls),
    incomplete: status.incomplete === true,
  };
}

export type AccessQuestion =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly name?: string;
      readonly namespace?: string;
    }
  | { readonly verb: string; readonly path: string };

/**
 * Whether the gateway's own credential may do one thing (SelfSubjectAccessReview): also what other authorizers say.
 * @throws GatehouseError `upstreamUnavailable`, `upstreamCredentialRejected`.
 */
export async function mayI(
  cluster: ClusterConnection,
  question: AccessQuestion,
  ports: OwnCallPorts,
): Promise<boolean> {
  const spec = 'path' in question ? { nonResourceAttributes: question } : { resourceAttributes: question };
  const reason = 'the gateway asks whether its credential may do one thing';
  const answer = await review<{ status?: { allowed?: unknown } }>(
    cluster,
    'SelfSubjectAccessReview',
    spec,
    reason,
    ports,
  );
  return answer.status?.allowed === true;
}

interface RulesStatus {
  readonly resourceRules?: readonly OwnRule[] | null;
  readonly nonResourceRules?: readonly OwnRule[] | null;
  readonly incomplete?: boolean;
}

async function review<T>(
  cluster: ClusterConnection,
  kind: string,
  spec: object,
  reason: string,
  ports: OwnCallPorts,
): Promise<T> {
  const path = `${REVIEWS}/${kind.toLowerCase()}s`;
  const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec };
  const { statusCode, text } = await callAsGateway(cluster, { method: 'POST', path, body, reason }, ports);
  if (statusCode === 401) throw new GatehouseError('upstreamCredentialRejected');
  if (statusCode !== 200 && statusCode !== 201)
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}" answers ${statusCode} to a ${kind}`);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new GatehouseError('upstreamUnavailable', `cluster "${cluster.name}" answers no JSON to a ${kind}`, {
      cause,
    });
  }
}

/** Go writes empty lists as null, or leaves them out. */
const withoutNulls = (rule: OwnRule): OwnRule =>
  Object.fromEntries(Object.entries(rule).filter(([, list]) => Array.isArray(list))) as unknown as OwnRule;
