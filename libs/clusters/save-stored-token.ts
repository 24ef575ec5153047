import { GatehouseError, type ErrorCode } from '#errors';
import { readTokenExpiry } from '#resources';
import { askWhoAmI, type UpstreamIdentity } from './ask-who-am-i.ts';
import type { ClusterConnection } from './open-cluster.ts';

export interface SaveStoredTokenInput {
  /** `metadata.name` of the person's Issuer. */
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  /** The upstream token in clear; never logged. */
  readonly token: string;
}

export interface SaveStoredTokenPorts {
  save(row: {
    issuer: string;
    issuerUrl: string;
    subject: string;
    username: string;
    cluster: string;
    clusterUid: string;
    binding: string;
    token: string;
    user: string;
    groups: string[];
    uid?: string;
    expiresAtMs?: number;
  }): Promise<unknown>;
}

export type SaveStoredTokenResult =
  | ({ readonly ok: true } & UpstreamIdentity)
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** RFC 6750 b64token, the only form that can stand in a header as it is. */
const B64_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Asks the cluster who the token is, refuses what must not be kept, and saves it sealed, bound to the cluster's
 * server and CA. A token of `system:masters` is refused: nothing that the gateway enforces would hold against it.
 */
export async function saveStoredToken(
  cluster: ClusterConnection,
  input: SaveStoredTokenInput,
  ports: SaveStoredTokenPorts,
): Promise<SaveStoredTokenResult> {
  const token = input.token.trim();
  if (!B64_TOKEN.test(token) || token.length > 32 * 1024) {
    return { ok: false, code: 'invalid', message: 'this is not a bearer token' };
  }
  let identity: UpstreamIdentity;
  try {
    identity = await askWhoAmI(cluster, token);
  } catch (error) {
    if (error instanceof GatehouseError) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
  if (identity.groups.includes('system:masters')) {
    return {
      ok: false,
      code: 'invalid',
      message: `the token belongs to "${identity.user}", a member of system:masters; such a token is not kept`,
    };
  }
  if (identity.user === 'system:anonymous') {
    return { ok: false, code: 'invalid', message: 'the cluster does not know this token' };
  }
  const expiresAtMs = readTokenExpiry(token);
  await ports.save({
    issuer: input.issuer,
    issuerUrl: input.issuerUrl,
    subject: input.subject,
    username: input.username,
    cluster: cluster.name,
    clusterUid: cluster.uid,
    binding: cluster.binding,
    token,
    user: identity.user,
    groups: [...identity.groups],
    ...(identity.uid === undefined ? {} : { uid: identity.uid }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
  return { ok: true, ...identity };
}
