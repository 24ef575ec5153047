import type { IncomingMessage } from 'node:http';
import { Document } from 'yaml';
import type { Grant, Identity } from '#model';
import { parseRequest } from '#kube';
import { resolveGrant, type MappingPorts } from '#mapping';
import { decide } from '#policy';
import { GATEWAY_CLUSTER, type Snapshot } from '#pipeline';
import type { UpstreamTokens } from './upstream-tokens.ts';

export interface DescribeMe {
  /** The JSON of `GET /-/me`. */
  describe(identity: Identity, request: IncomingMessage): Promise<object>;
  /** A kubeconfig for every cluster that sees this person; holds no secret. */
  kubeconfig(identity: Identity): Promise<string>;
}

export interface DescribeMePorts {
  snapshot(): Snapshot;
  readonly mapping: MappingPorts;
  readonly tokens: UpstreamTokens;
  readonly externalUrl: string;
  /** The client's address, as rules with `sourceAddresses` judge it. */
  sourceAddress(request: IncomingMessage): string;
  now(): number;
  /** PEM of the gateway's self-signed certificate, where clients must be told to trust it. */
  certificateAuthority(): string | undefined;
}

interface ClusterView {
  name: string;
  default: boolean;
  mode: Grant['mode'] | 'none';
  user?: string;
  groups?: readonly string[];
  mapping?: string;
  error?: string;
  storedToken?: { present: boolean; user?: string; savedAt?: string };
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
          canEndSessions: allows('GET', 'sessions') && allows('DELETE', 'sessions/x'),
          canEditObjects: allows('PUT', 'mappings/x') || allows('PUT', 'accessrules/x'),
        },
      };
    },
    async kubeconfig(identity) {
      const seen = (await clustersOf(identity)).filter((cluster) => cluster.mode !== 'none');
      const authority = ports.certificateAuthority();
      const user = `gatehouse-${identity.issuer}`;
      const names = seen.map((cluster) => cluster.name);
      const current = seen.find((cluster) => cluster.default)?.name ?? names[0];
      const document = new Document({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: names.map((name) => ({
          name: `gatehouse-${name}`,
          cluster: {
            server: `${ports.externalUrl}/clusters/${name}`,
            ...(authority ? { 'certificate-authority-data': Buffer.from(authority).toString('base64') } : {}),
          },
        })),
        contexts: names.map((name) => ({ name: `gatehouse-${name}`, context: { cluster: `gatehouse-${name}`, user } })),
        ...(current ? { 'current-context': `gatehouse-${current}` } : {}),
        users: [{ name: user, user: { token: '' } }],
      });
      document.commentBefore = ` Put an ID token of your identity provider into users[0].user.token, or run\n kubectl config set-credentials ${user} --token=…`;
      return document.toString();
    },
  };
}
