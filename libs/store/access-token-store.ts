import { In, LessThanOrEqual } from 'typeorm';
import type { AccessTokenReader } from '#identity';
import type { AccessTokenOrigin, AccessTokenStore, AccessTokenSummary } from '#login';
import type { Narrowing } from '#model';
import type { Database } from './database.ts';
import { AccessTokenEntity, type AccessTokenRow } from './entities/access-token.ts';
import { UserEntity } from './entities/user.ts';
import { findAccessTokens } from './find-credentials.ts';
import { noteLatest } from './note-latest.ts';
import { bumpCredentials, lockRevision } from './revision.ts';
import type { Sealer } from './sealer.ts';
import { openClaims } from './user-store.ts';

/** Access tokens by the SHA-256 of each; found together with the newest claims of their owner. */
export function createAccessTokenStore(
  database: Database,
  sealer: Sealer,
  learned: (revision: number) => void,
): AccessTokenReader & AccessTokenStore {
  return {
    createAccessToken: async (token) => {
      await database.run((manager) =>
        manager.insert(AccessTokenEntity, { ...token, narrowing: { ...token.narrowing }, lastUsedAtMs: null }),
      );
    },
    findAccessToken: async (digest) => (await findAccessTokens(database, sealer, [digest]))[0],
    findAccessTokens: (digests) => findAccessTokens(database, sealer, digests),
    listAccessTokens: async (filter) => {
      const rows = await database.run((manager) =>
        manager.find(AccessTokenEntity, { where: { ...filter }, order: { createdAtMs: 'ASC', id: 'ASC' } }),
      );
      return rows.map(summarize);
    },
    deleteAccessToken: async (id, owner) => {
      const revision = await database.transaction(async (manager) => {
        await lockRevision(manager, 'credentials');
        const row = await manager.findOneBy(AccessTokenEntity, { id, ...owner });
        if (!row) return undefined;
        await manager.delete(AccessTokenEntity, { id });
        // What replicas listen for: each forgets what it remembers of the owner's tokens.
        return await bumpCredentials(database, manager, [row]);
      });
      if (revision !== undefined) learned(revision);
      return revision !== undefined;
    },
    claimsOfAccessTokens: async (ids) =>
      await database.run(async (manager) => {
        const rows = await manager.find(AccessTokenEntity, { where: { id: In([...ids]) } });
        const owners = await manager.findBy(UserEntity, { subject: In([...new Set(rows.map((row) => row.subject))]) });
        const claims = new Map(
          owners.map((owner) => [`${owner.issuerUrl} ${owner.subject}`, openClaims(sealer, owner)]),
        );
        return rows.map((row) => ({ id: row.id, claims: claims.get(`${row.issuerUrl} ${row.subject}`) ?? {} }));
      }),
    noteAccessTokensUsed: (uses) => noteLatest(database, 'access_tokens', 'last_used_at_ms', uses),
    deleteExpiredAccessTokens: async (nowMs) => {
      await database.run((manager) => manager.delete(AccessTokenEntity, { expiresAtMs: LessThanOrEqual(nowMs) }));
    },
  };
}

function summarize({ digest: _digest, ...row }: AccessTokenRow): AccessTokenSummary {
  return {
    ...row,
    narrowing: row.narrowing as Narrowing,
    origin: row.origin as AccessTokenOrigin,
    lastUsedAtMs: row.lastUsedAtMs ?? undefined,
  };
}
