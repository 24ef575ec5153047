import { buildUpstreamHeaders, type Upstream } from '#forward';
import { parseRequest, readRequestHeaders } from '#kube';
import {
  resolveGrant,
  type CompiledMappings,
  type FittingMappings,
  type GrantResult,
  type MappingPorts,
} from '#mapping';
import type { AllowedDecision, Decision, Grant, Identity, RequestInfo } from '#model';
import {
  decide,
  explainDecision,
  GATEWAY_CLUSTER,
  neededActs,
  type CompiledPolicy,
  type ConsideredRule,
  type DecisionContext,
} from '#policy';

/** One request of one person, to be explained. */
export interface Asked extends DecisionContext {
  readonly identity: Identity;
  readonly cluster: string;
  readonly method: string;
  /** Without the cluster's prefix. */
  readonly target: string;
  /** Only the decision, not how every rule stands to it: that costs some microseconds a rule. */
  readonly decisionOnly?: boolean;
}

/** What the API server's own RBAC says of one verb. */
export type ReviewedAccess =
  | { readonly asked: true; readonly verb: string; readonly allowed: boolean; readonly reason: string }
  | { readonly asked: false; readonly verb: string; readonly why: string };

export interface ExplainPorts {
  readonly mapping: MappingPorts;
  /** Undefined where there is no such cluster. */
  upstream(cluster: string): Pick<Upstream, 'name' | 'hostHeader' | 'gatewayAuthorization'> | undefined;
  /** Asks the cluster; absent where it is not to be asked. */
  reviewAccess?(grant: Grant, request: RequestInfo, verb: string): Promise<ReviewedAccess>;
}

/** Who or what refuses, in the order in which a request meets them. */
export type RefusedBy = 'bytes' | 'cluster' | 'mapping' | 'rules' | 'rbac';

export interface Explanation {
  readonly asked: Asked;
  /** How the target is read; undefined where it is refused. */
  readonly request: RequestInfo | undefined;
  /** Why the target is refused, or that there is no such cluster. */
  readonly refusal: string | undefined;
  /** Undefined on the gateway's own cluster, which has no mappings. */
  readonly mapped: GrantResult | undefined;
  /** Every mapping that fits, the one that is used first, and those whose expression cannot be judged. */
  readonly mappings: FittingMappings;
  readonly decision: Decision | undefined;
  readonly considered: readonly ConsideredRule[];
  /** Flat, as they would go upstream, credentials replaced; undefined where nothing would go. */
  readonly headers: readonly string[] | undefined;
  readonly reviewed: readonly ReviewedAccess[];
  readonly allowed: boolean;
  readonly refusedBy: RefusedBy | undefined;
}

const NOT_SHOWN = '[redacted]';

/**
 * Takes a request through the very stages that would serve it, and sends it nowhere. Rules are asked even where a
 * mapping is missing, so that one look shows all that is missing.
 */
export async function explainRequest(
  asked: Asked,
  compiled: { readonly mappings: CompiledMappings; readonly policy: CompiledPolicy },
  ports: ExplainPorts,
): Promise<Explanation> {
  const { identity, cluster } = asked;
  const nothing = { asked, request: undefined, mapped: undefined, decision: undefined, headers: undefined };
  const none = { considered: [], reviewed: [], mappings: NO_MAPPINGS, allowed: false };
  const parsed = parseRequest(asked.method, asked.target);
  if (!parsed.ok) return { ...nothing, ...none, refusal: parsed.message, refusedBy: 'bytes' };
  const { request } = parsed;
  const own = cluster === GATEWAY_CLUSTER;
  const upstream = own ? undefined : ports.upstream(cluster);
  if (!own && upstream === undefined)
    return { ...nothing, ...none, request, refusal: `there is no cluster "${cluster}"`, refusedBy: 'cluster' };

  const mapped = own ? undefined : await resolveGrant(compiled.mappings, identity, cluster, ports.mapping);
  const { decision, considered } = asked.decisionOnly
    ? { decision: decide(compiled.policy, identity, cluster, request, asked), considered: [] }
    : explainDecision(compiled.policy, identity, cluster, request, asked);
  const mappings = asked.decisionOnly ? NO_MAPPINGS : await compiled.mappings.list(identity, cluster);
  const base = { asked, request, refusal: undefined, mapped, mappings, decision, considered };
  if (mapped?.ok === false || !decision.allowed) {
    const refusedBy = mapped?.ok === false ? 'mapping' : 'rules';
    return { ...base, headers: undefined, reviewed: [], allowed: false, refusedBy };
  }
  if (mapped === undefined || upstream === undefined)
    return { ...base, headers: undefined, reviewed: [], allowed: true, refusedBy: undefined };
  const { grant } = mapped;
  const verbs = neededActs(request, asked.upgrade).map(({ verb }) => verb);
  const reviewed = await Promise.all(verbs.map((verb) => ports.reviewAccess?.(grant, request, verb) ?? notAsked(verb)));
  const refused = reviewed.some((review) => review.asked && !review.allowed);
  return {
    ...base,
    headers: headersOf(decision, grant, upstream, asked),
    reviewed,
    allowed: !refused,
    refusedBy: refused ? 'rbac' : undefined,
  };
}

const NO_MAPPINGS: FittingMappings = { fitting: [], failed: [] };

const notAsked = (verb: string): ReviewedAccess => ({ asked: false, verb, why: 'the cluster was not to be asked' });

/** The forwarder's own headers, for a client that sends none but the host. No credential is even read. */
function headersOf(
  decision: AllowedDecision,
  grant: Grant,
  upstream: Pick<Upstream, 'name' | 'hostHeader' | 'gatewayAuthorization'>,
  { sourceAddress }: Asked,
): readonly string[] {
  const read = readRequestHeaders(['Host', upstream.hostHeader]);
  if (!read.ok) throw new Error(read.message);
  const shown = upstream.gatewayAuthorization() === undefined ? undefined : `Bearer ${NOT_SHOWN}`;
  return buildUpstreamHeaders({
    decision,
    grant: grant.mode === 'storedToken' ? { ...grant, token: NOT_SHOWN } : grant,
    ...(grant.mode === 'serviceAccount' ? { serviceAccountToken: NOT_SHOWN } : {}),
    headers: read.headers,
    upstream: { name: upstream.name, hostHeader: upstream.hostHeader, gatewayAuthorization: () => shown },
    auditId: '(of the request)',
    clientAddress: sourceAddress === '' ? '(of the client)' : sourceAddress,
  }).map((value, at) => (at % 2 === 1 ? Buffer.from(value, 'latin1').toString('utf8') : value));
}
