import { saveStoredToken, type ClusterConnection } from '#clusters';
import type { ErrorCode } from '#errors';
import type { StoredTokenStore } from '#mapping';
import type { Identity } from '#model';

export interface UpstreamTokens {
  /** Asks the cluster who the token is and stores it sealed; answers whom it is. */
  save(
    identity: Identity,
    cluster: string,
    token: string,
  ): Promise<{ ok: true; user: string; groups: readonly string[] } | { ok: false; code: ErrorCode; message: string }>;
  /** False where none was stored. */
  remove(identity: Identity, cluster: string): Promise<boolean>;
  /** Never the token. */
  describe(identity: Identity, cluster: string): Promise<DescribedToken>;
}

/** Times are RFC 3339; absent where not known. */
export interface DescribedToken {
  readonly present: boolean;
  readonly user?: string;
  readonly savedAt?: string | undefined;
  readonly lastUsed?: string | undefined;
  readonly expiresAt?: string | undefined;
}

const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

/** A person's own stored tokens. A person is (issuer URL, subject), so that a rename keeps them and a namesake gets none. */
export function createUpstreamTokens(ports: {
  store: StoredTokenStore;
  cluster(name: string): ClusterConnection | undefined;
  usesStoredToken(identity: Identity, cluster: string): Promise<boolean>;
}): UpstreamTokens {
  const mine = async (identity: Identity, cluster: string) =>
    await ports.store.list({ cluster, issuerUrl: identity.issuerUrl, subject: identity.subject });
  return {
    async save(identity, clusterName, token) {
      const cluster = ports.cluster(clusterName);
      if (!cluster) return { ok: false, code: 'unknownCluster', message: `there is no cluster "${clusterName}"` };
      if (!(await ports.usesStoredToken(identity, clusterName))) {
        return {
          ok: false,
          code: 'noMapping',
          message: `your mapping on cluster "${clusterName}" uses no stored token`,
        };
      }
      const { issuer, issuerUrl, subject, username } = identity;
      return await saveStoredToken(cluster, { issuer, issuerUrl, subject, username, token }, ports.store);
    },
    async remove(identity, cluster) {
      const rows = await mine(identity, cluster);
      for (const row of rows) await ports.store.delete(row.id);
      return rows.length > 0;
    },
    async describe(identity, cluster) {
      const [row] = await mine(identity, cluster);
      return row
        ? {
            present: true,
            user: row.user,
            savedAt: time(row.savedAtMs),
            lastUsed: time(row.lastUsedAtMs),
            expiresAt: time(row.expiresAtMs),
          }
        : { present: false };
    },
  };
}
