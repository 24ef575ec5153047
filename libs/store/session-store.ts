import { randomBytes } from 'node:crypto';
import { In, IsNull, LessThanOrEqual } from 'typeorm';
import { GatehouseError } from '#errors';
import type { SessionReader } from '#identity';
import type { SessionFilter, SessionStore } from '#login';
import type { Database } from './database.ts';
import { SessionEntity } from './entities/session.ts';
import { UsedLogoutTokenEntity } from './entities/used-logout-token.ts';
import { findSessions } from './find-credentials.ts';
import { noteLatest } from './note-latest.ts';
import { bumpCredentials, lockRevision } from './revision.ts';
import type { Sealer } from './sealer.ts';
import { createSessionRefreshes } from './session-refreshes.ts';
import { fromSessionRow, openTokens, sessionDigest, toSessionRow } from './session-row.ts';

const TOKEN_BYTES = 32;

/** Sessions by the SHA-256 of their cookie; what the claims say of a person is sealed. Expiry is judged by `#identity`. */
export function createSessionStore(
  database: Database,
  sealer: Sealer,
  learned: (revision: number) => void,
): SessionReader & SessionStore {
  return {
    create: async (session, tokens) => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const row = toSessionRow(session, tokens, sessionDigest(token), sealer);
      await database.run((manager) => manager.insert(SessionEntity, row));
      return token;
    },
    find: async (token) => (await findSessions(database, sealer, [token]))[0],
    findMany: (tokens) => findSessions(database, sealer, tokens),
    delete: async (token) => {
      const ended = await database.transaction(async (manager) => {
        await lockRevision(manager, 'credentials');
        // By the digest only: an id stands in the audit log, and whoever reads it there could put it into a cookie.
        const row = await manager.findOneBy(SessionEntity, { tokenDigest: sessionDigest(token) });
        if (!row) return undefined;
        await manager.delete(SessionEntity, { id: row.id });
        // Replicas listen for it: each looks whether what it has open was opened by this session.
        return await bumpCredentials(database, manager, [row]);
      });
      if (ended !== undefined) learned(ended);
    },
    list: async (filter) => {
      const rows = await database.run((manager) =>
        manager.find(SessionEntity, { where: whereOf(filter), order: { createdAtMs: 'DESC', id: 'ASC' } }),
      );
      return rows.map((row) => fromSessionRow(row, sealer));
    },
    end: async (filter) => {
      const where = whereOf(filter);
      if (Object.keys(where).length === 0) throw new GatehouseError('invalid', 'say which sessions are to end');
      const ended = await database.transaction(async (manager) => {
        await lockRevision(manager, 'credentials');
        const select = { id: true, issuerUrl: true, subject: true } as const;
        const rows = await manager.find(SessionEntity, { select, where });
        if (rows.length === 0) return undefined;
        await manager.delete(SessionEntity, where);
        return { ids: rows.map(({ id }) => id), revision: await bumpCredentials(database, manager, rows) };
      });
      if (ended) learned(ended.revision);
      return ended?.ids ?? [];
    },
    claimsOf: async (ids) => {
      const rows = await database.run((manager) => manager.findBy(SessionEntity, { id: In([...ids]) }));
      return rows.map((row) => ({ id: row.id, claims: fromSessionRow(row, sealer).claims }));
    },
    tokensOf: async (id) => {
      const row = await database.run((manager) => manager.findOneBy(SessionEntity, { id }));
      return row ? openTokens(row, sealer) : undefined;
    },
    ...createSessionRefreshes(database, sealer, learned),
    claimLogoutToken: async (id, expiresAtMs) => {
      const usedBy = randomBytes(16).toString('hex');
      return await database.run(async (manager) => {
        const row = { id, usedBy, expiresAtMs };
        await manager.createQueryBuilder().insert().into(UsedLogoutTokenEntity).values(row).orIgnore().execute();
        return await manager.existsBy(UsedLogoutTokenEntity, { id, usedBy });
      });
    },
    noteSessionsUsed: (uses) => noteLatest(database, 'sessions', 'last_seen_at_ms', uses),
    deleteExpired: async (nowMs) => {
      await database.run(async (manager) => {
        await manager.delete(SessionEntity, { expiresAtMs: LessThanOrEqual(nowMs) });
        await manager.delete(UsedLogoutTokenEntity, { expiresAtMs: LessThanOrEqual(nowMs) });
        await manager
          .createQueryBuilder()
          .delete()
          .from(SessionEntity)
          .where('last_seen_at_ms + idle_timeout_ms <= :nowMs', { nowMs })
          .execute();
      });
    },
  };
}

function whereOf({ providerSessionId, ...filter }: SessionFilter): object {
  return Object.fromEntries(
    Object.entries({
      ...filter,
      providerSessionId: providerSessionId === null ? IsNull() : providerSessionId,
    }).filter(([, value]) => value !== undefined),
  );
}
