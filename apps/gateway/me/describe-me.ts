import type { IncomingMessage } from 'node:http';
import type { Grant, Identity } from '#model';
import { parseRequest } from '#kube';
import { resolveGrant, type MappingPorts } from '#mapping';
import { decide } from '#policy';
import { GATEWAY_CLUSTER, type Snapshot } from '#pipeline';
import type { DescribedToken, UpstreamTokens } from './upstream-tokens.ts';

export interface DescribeMe {
  /** The JSON of `GET /-/me`. */
  describe(identity: Identity, request: IncomingMessage): Promise<object>;
  /** Every cluster that sees this person. */
  clustersOf(identity: Identity): Promise<readonly { readonly name: string; readonly default: boolean }[]>;
}

export interface DescribeMePorts {
  snapshot(): Snapshot;
  readonly mapping: MappingPorts;
  readonly tokens: UpstreamTokens;
  /** The client's address, as rules with `sourceAddresses` judge it. */
  sourceAddress(request: IncomingMessage): string;
  now(): number;
}

interface ClusterView {
  name: string;
  default: boolean;
  mode: Grant['mode'] | 'none';
  user?: string;
  groups?: readonly string[];
  mapping?: string;
  error?: string;
  storedToken?: DescribedToken;
}

/** Answers with the very stages that judge requests, so that what a person is shown is what will happen. */
export function createDescribeMe(ports: DescribeMePorts): DescribeMe {
  const clustersOf = async (identity: Identity): Promise<ClusterView[]> => {
    const snapshot = ports.snapshot();
    return await Promise.all(
      [...snapshot.clusters.values()].map(async ({ name, isDefault }): Promise<ClusterView> => {
        const resolved = await resolveGrant(snapshot.mappings, identity, name, ports.mapping);
        if (resolved.ok) {
          const { grant } = resolved;
          const view = {
            name,
            default: isDefault,
            mode: grant.mode,
            user: grant.user,
            groups: grant.groups,
            mapping: grant.mapping,
          };
          return grant.mode === 'storedToken'
            ? { ...view, storedToken: await ports.tokens.describe(identity, name) }
            : view;
        }
        if (resolved.code === 'noStoredToken')
          return {
            name,
            default: isDefault,
            mode: 'storedToken',
            error: resolved.message,
            storedToken: { present: false },
          };
        return { name, default: isDefault, mode: 'none', error: resolved.message };
      }),
    );
  };
  const may = (identity: Identity, from: IncomingMessage, method: string, resource: string): boolean => {
    const parsed = parseRequest(method, `/apis/gatehouse.dev/v1alpha1/${resource}`);
    if (!parsed.ok) return false;
    const decision = decide(ports.snapshot().policy, identity, GATEWAY_CLUSTER, parsed.request, {
      upgrade: false,
      sourceAddress: ports.sourceAddress(from),
      nowMs: ports.now(),
    });
    // Whoever only has to log in again is shown the page, which then says so.
    return decision.allowed || decision.stepUp !== undefined;
  };
  return {
    async describe(identity, request) {
      const allows = (method: string, resource: string): boolean => may(identity, request, method, resource);
      return {
        username: identity.username,
        issuer: identity.issuer,
        groups: identity.groups,
        credential: identity.credential.kind,
        expiresAt: new Date(identity.expiresAtMs).toISOString(),
        clusters: await clustersOf(identity),
        gateway: {
          canReadAudit: allows('GET', 'auditevents'),
          canReadObjects: allows('GET', 'mappings') || allows('GET', 'accessrules'),
          canReadTokens: allows('GET', 'accesstokens'),
          canMakeServiceTokens: allows('GET', 'serviceidentities') && allows('POST', 'serviceidentities/x/token'),
          canEndSessions: allows('GET', 'sessions') && allows('DELETE', 'sessions/x'),
          canEditObjects: allows('PUT', 'mappings/x') || allows('PUT', 'accessrules/x'),
        },
      };
    },
    clustersOf: async (identity) => (await clustersOf(identity)).filter(({ mode }) => mode !== 'none'),
  };
}
