import { In, LessThanOrEqual } from 'typeorm';
import type { SessionStore } from '#login';
import type { Database } from './database.ts';
import { SessionEntity, type SessionRow } from './entities/session.ts';
import { bumpCredentials, lockRevision } from './revision.ts';
import type { Sealer } from './sealer.ts';
import { fromSessionRow, openTokens, sealTokens, withClaims } from './session-row.ts';

type Refreshes = Pick<SessionStore, 'dueForRefresh' | 'leaseRefresh' | 'finishRefresh' | 'postponeRefresh'>;

/**
 * Who may ask the provider: a refresh token that is rotated counts once, and two that use it at a time look like a theft
 * to the provider (RFC 9700 section 4.14.2), which then ends the session for everybody.
 */
export function createSessionRefreshes(
  database: Database,
  sealer: Sealer,
  learned: (revision: number) => void,
): Refreshes {
  return {
    dueForRefresh: async (ids, nowMs) => {
      const rows = await database.run((manager) =>
        manager.find(SessionEntity, {
          select: { id: true },
          where: { id: In([...ids]), refreshAfterMs: LessThanOrEqual(nowMs) },
        }),
      );
      return rows.map(({ id }) => id);
    },
    leaseRefresh: async (id, nowMs, untilMs) =>
      await database.transaction(async (manager) => {
        // The write comes first and decides: under both databases whoever comes second sees it.
        const { affected } = await manager
          .createQueryBuilder()
          .update(SessionEntity)
          .set({ refreshLeaseUntilMs: untilMs })
          .where('id = :id AND refresh_after_ms <= :nowMs', { id, nowMs })
          .andWhere('(refresh_lease_until_ms IS NULL OR refresh_lease_until_ms <= :nowMs)', { nowMs })
          .execute();
        if (affected !== 1) return undefined;
        const row = await manager.findOneByOrFail(SessionEntity, { id });
        return { session: fromSessionRow(row, sealer), tokens: openTokens(row, sealer) };
      }),
    finishRefresh: async (id, untilMs, { claims, tokens, refreshAfterMs, tell }) => {
      const done = await database.transaction(async (manager) => {
        await lockRevision(manager, 'credentials');
        const row = await manager.findOneBy(SessionEntity, { id, refreshLeaseUntilMs: untilMs });
        if (!row) return undefined;
        const change: Partial<SessionRow> = {
          sealed: withClaims(row, claims, sealer),
          tokens: sealTokens(tokens, row, sealer),
          refreshAfterMs,
          refreshLeaseUntilMs: null,
        };
        await manager.update(SessionEntity, { id }, change);
        return { revision: tell ? await bumpCredentials(database, manager, [row]) : undefined };
      });
      if (done?.revision !== undefined) learned(done.revision);
      return done !== undefined;
    },
    postponeRefresh: async (id, untilMs, refreshAfterMs) => {
      await database.run((manager) =>
        manager.update(
          SessionEntity,
          { id, refreshLeaseUntilMs: untilMs },
          { refreshAfterMs, refreshLeaseUntilMs: null },
        ),
      );
    },
  };
}
