import { randomUUID } from 'node:crypto';
import { Not, type EntityManager } from 'typeorm';
import { GatehouseError } from '#errors';
import type { NewStoredToken, StoredTokenStore } from '#mapping';
import { splitSecrets } from '#resources';
import type { Database } from './database.ts';
import { ObjectEntity } from './entities/object.ts';
import { StoredTokenEntity, type StoredTokenRow } from './entities/stored-token.ts';
import { fromObjectRow } from './object-row.ts';
import { noteLatest } from './note-latest.ts';
import { lockRevision } from './revision.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

export const storedTokenContext = (row: Pick<StoredTokenRow, 'id' | 'binding'>): SealContext => ({
  table: 'stored_tokens',
  row: row.id,
  field: 'token',
  binding: row.binding,
});

/** People's own upstream tokens, sealed, each bound to its row and to the cluster's server and CA. */
export function createStoredTokenStore(database: Database, sealer: Sealer, now: () => number): StoredTokenStore {
  return {
    save: (token) =>
      database.transaction(async (manager) => {
        await lockRevision(manager, 'configuration');
        await requireSameCluster(manager, token);
        const { issuerUrl, subject, cluster } = token;
        await manager.delete(StoredTokenEntity, { issuerUrl, subject, cluster });
        const row = toRow(token, sealer, now());
        await manager.insert(StoredTokenEntity, row);
        return row.id;
      }),
    find: async (issuerUrl, subject, cluster) => {
      const row = await database.run((manager) =>
        manager.findOneBy(StoredTokenEntity, { issuerUrl, subject, cluster, suspended: false }),
      );
      if (!row) return undefined;
      return {
        id: row.id,
        token: openRow(sealer, row.sealed, storedTokenContext(row)),
        user: row.upstreamUser,
        groups: row.upstreamGroups,
        savedAtMs: row.savedAtMs,
        expiresAtMs: row.expiresAtMs ?? undefined,
      };
    },
    list: async (filter) => {
      const where = Object.fromEntries(
        Object.entries({ cluster: filter.cluster, issuerUrl: filter.issuerUrl, subject: filter.subject }).filter(
          ([, value]) => value !== undefined,
        ),
      );
      const rows = await database.run((manager) =>
        manager.find(StoredTokenEntity, { where, order: { savedAtMs: 'ASC', id: 'ASC' } }),
      );
      return rows.map((row) => ({
        id: row.id,
        issuer: row.issuer,
        issuerUrl: row.issuerUrl,
        subject: row.subject,
        username: row.username,
        cluster: row.cluster,
        user: row.upstreamUser,
        groups: row.upstreamGroups,
        savedAtMs: row.savedAtMs,
        lastUsedAtMs: row.lastUsedAtMs ?? undefined,
        expiresAtMs: row.expiresAtMs ?? undefined,
        suspended: row.suspended,
      }));
    },
    delete: async (id) => {
      const gone = await database.run((manager) => manager.delete(StoredTokenEntity, { id }));
      if (gone.affected === 0) throw new GatehouseError('notFound', 'there is no such stored token');
    },
    noteStoredTokensUsed: (uses) => noteLatest(database, 'stored_tokens', 'last_used_at_ms', uses),
    suspendForCluster: async (cluster, keepBinding) => {
      await database.run((manager) => suspendOtherBindings(manager, cluster, keepBinding));
    },
  };
}

/** A token that was saved for another server or CA stays unused until its owner enters it again. */
export async function suspendOtherBindings(
  manager: EntityManager,
  cluster: string,
  keepBinding: string,
): Promise<void> {
  await manager.update(StoredTokenEntity, { cluster, binding: Not(keepBinding) }, { suspended: true });
}

/**
 * Asking a cluster who a token is takes a while; if its server or CA changed meanwhile, the token would otherwise be
 * kept, not suspended, and go to the new server. Under the lock nobody can change it between this look and the commit.
 */
async function requireSameCluster(manager: EntityManager, token: NewStoredToken): Promise<void> {
  const row = await manager.findOneBy(ObjectEntity, { kind: 'Cluster', name: token.cluster });
  if (!row) throw new GatehouseError('notFound', `there is no Cluster "${token.cluster}"`);
  if (row.uid !== token.clusterUid || splitSecrets(fromObjectRow(row)).binding !== token.binding) {
    throw new GatehouseError('conflict', `Cluster "${token.cluster}" was changed in between; enter the token again`);
  }
}

function toRow(token: NewStoredToken, sealer: Sealer, nowMs: number): StoredTokenRow {
  const { issuer, issuerUrl, subject, username, cluster, clusterUid, binding } = token;
  const id = randomUUID();
  return {
    id,
    issuer,
    issuerUrl,
    subject,
    username,
    cluster,
    clusterUid,
    binding,
    sealed: sealer.seal(token.token, storedTokenContext({ id, binding })),
    upstreamUser: token.user,
    upstreamGroups: [...token.groups],
    upstreamUid: token.uid ?? null,
    savedAtMs: nowMs,
    expiresAtMs: token.expiresAtMs ?? null,
    lastUsedAtMs: null,
    suspended: false,
  };
}
