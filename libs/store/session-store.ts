import { createHash, randomBytes } from 'node:crypto';
import { In, LessThan, LessThanOrEqual } from 'typeorm';
import { GatehouseError } from '#errors';
import type { SessionFinder, SessionRecord } from '#identity';
import type { SessionStore } from '#login';
import type { Database } from './database.ts';
import { SessionEntity, type SessionRow } from './entities/session.ts';
import { bumpRevision, lockRevision } from './revision.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

const TOKEN_BYTES = 32;
/** 256 random bits need no slow hash: nobody can try them out. */
const digestOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
const context = (id: string, tokenDigest: string): SealContext => ({
  table: 'sessions',
  row: id,
  field: 'record',
  binding: tokenDigest,
});

/** Sessions by the SHA-256 of their cookie; what the claims say of a person is sealed. Expiry is judged by `#identity`. */
export function createSessionStore(
  database: Database,
  sealer: Sealer,
  learned: (revision: number) => void,
): SessionFinder & SessionStore {
  return {
    create: async (record) => {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      await database.run((manager) => manager.insert(SessionEntity, toRow(record, digestOf(token), sealer)));
      return token;
    },
    find: async (token) => {
      const row = await database.run((manager) => manager.findOneBy(SessionEntity, { tokenDigest: digestOf(token) }));
      return row ? fromRow(row, sealer) : undefined;
    },
    delete: async (tokenOrId) => {
      // Neither can be mistaken for the other: an id is a UUID, a digest 64 hex digits.
      const revision = await database.transaction(async (manager) => {
        await lockRevision(manager);
        await manager.delete(SessionEntity, { id: tokenOrId });
        await manager.delete(SessionEntity, { tokenDigest: digestOf(tokenOrId) });
        // Replicas listen for it: each looks whether what it has open was opened by this session.
        return await bumpRevision(database, manager);
      });
      learned(revision);
    },
    list: async (filter) => {
      const rows = await database.run((manager) =>
        manager.find(SessionEntity, { where: { ...filter }, order: { createdAtMs: 'DESC', id: 'ASC' } }),
      );
      return rows.map((row) => fromRow(row, sealer));
    },
    end: async (filter) => {
      const where = { ...filter };
      if (Object.values(where).every((value) => value === undefined))
        throw new GatehouseError('invalid', 'say which sessions are to end');
      const ended = await database.transaction(async (manager) => {
        await lockRevision(manager);
        const rows = await manager.find(SessionEntity, { select: { id: true }, where });
        if (rows.length === 0) return undefined;
        await manager.delete(SessionEntity, where);
        return { ids: rows.map(({ id }) => id), revision: await bumpRevision(database, manager) };
      });
      if (ended) learned(ended.revision);
      return ended?.ids ?? [];
    },
    existing: async (ids) => {
      const rows = await database.run((manager) =>
        manager.find(SessionEntity, { select: { id: true }, where: { id: In([...ids]) } }),
      );
      return rows.map(({ id }) => id);
    },
    touch: async (id, nowMs) => {
      await database.run((manager) =>
        manager.update(SessionEntity, { id, lastSeenAtMs: LessThan(nowMs) }, { lastSeenAtMs: nowMs }),
      );
    },
    deleteExpired: async (nowMs) => {
      await database.run(async (manager) => {
        await manager.delete(SessionEntity, { expiresAtMs: LessThanOrEqual(nowMs) });
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

function toRow(record: SessionRecord, tokenDigest: string, sealer: Sealer): SessionRow {
  const { id, issuer, issuerUrl, subject, createdAtMs, lastSeenAtMs, expiresAtMs, idleTimeoutMs, ...personal } = record;
  const sealed = sealer.seal(JSON.stringify(personal), context(id, tokenDigest));
  return { id, tokenDigest, issuer, issuerUrl, subject, sealed, createdAtMs, lastSeenAtMs, expiresAtMs, idleTimeoutMs };
}

function fromRow(row: SessionRow, sealer: Sealer): SessionRecord {
  const { id, tokenDigest, sealed, ...plain } = row;
  const personal = JSON.parse(openRow(sealer, sealed, context(id, tokenDigest))) as object;
  return { ...personal, id, ...plain } as SessionRecord;
}
