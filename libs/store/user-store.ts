import { randomUUID } from 'node:crypto';
import { IsNull, LessThan, Not } from 'typeorm';
import type { UserStore, UserSummary } from '#login';
import type { Database } from './database.ts';
import { UserEntity, type UserRow } from './entities/user.ts';
import { bumpRevision, lockRevision } from './revision.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

/** People as they were last seen, and whether they may use the gateway. */
export function createUserStore(database: Database, sealer: Sealer, learned: (revision: number) => void): UserStore {
  return {
    noteSeen: async (people) => {
      await database.transaction(async (manager) => {
        for (const { issuer, issuerUrl, subject, username, claims, atMs } of people) {
          const person = { issuerUrl, subject };
          const id = randomUUID();
          const times = { firstSeenAtMs: atMs, lastSeenAtMs: atMs, disabledAtMs: null, disabledReason: null };
          // Writes first: SQLite would let a transaction that began by reading fail beside another process's. Where the
          // person is known, also by another worker since a moment ago, that row stands.
          await manager
            .createQueryBuilder()
            .insert()
            .into(UserEntity)
            .values({ id, issuer, ...person, username, sealed: seal(sealer, id, {}), ...times })
            .orIgnore()
            .execute();
          const known = await manager.findOneByOrFail(UserEntity, person);
          const newest = claims === undefined ? {} : { sealed: seal(sealer, known.id, claims) };
          await manager.update(UserEntity, { id: known.id }, { issuer, username, ...newest });
          await manager.update(UserEntity, { id: known.id, lastSeenAtMs: LessThan(atMs) }, { lastSeenAtMs: atMs });
        }
      });
    },
    listUsers: async () => {
      const rows = await database.run((manager) => manager.find(UserEntity, { order: { username: 'ASC', id: 'ASC' } }));
      return rows.map(summarize);
    },
    getUser: async (id) => {
      const row = await database.run((manager) => manager.findOneBy(UserEntity, { id }));
      return row ? summarize(row) : undefined;
    },
    setDisabled: async (id, disabled) => {
      const revision = await database.transaction(async (manager) => {
        await lockRevision(manager);
        if (!(await manager.existsBy(UserEntity, { id }))) return undefined;
        const row = { disabledAtMs: disabled?.atMs ?? null, disabledReason: disabled?.reason ?? null };
        await manager.update(UserEntity, { id }, row);
        return await bumpRevision(database, manager);
      });
      if (revision !== undefined) learned(revision);
      return revision !== undefined;
    },
    listDisabled: async () => {
      const rows = await database.run((manager) => manager.findBy(UserEntity, { disabledAtMs: Not(IsNull()) }));
      return rows.map(({ issuerUrl, subject }) => ({ issuerUrl, subject }));
    },
  };
}

export const userContext = (id: string): SealContext => ({ table: 'users', row: id, field: 'claims', binding: '' });
const seal = (sealer: Sealer, id: string, claims: object): string =>
  sealer.seal(JSON.stringify(claims), userContext(id));

/** The claims of a person, as the last login or refresh gave them. */
export function openClaims(sealer: Sealer, row: UserRow): Readonly<Record<string, unknown>> {
  return JSON.parse(openRow(sealer, row.sealed, userContext(row.id))) as Record<string, unknown>;
}

function summarize({ sealed: _sealed, disabledAtMs, disabledReason, ...row }: UserRow): UserSummary {
  return { ...row, disabledAtMs: disabledAtMs ?? undefined, disabledReason: disabledReason ?? undefined };
}
