import { randomUUID } from 'node:crypto';
import { IsNull, LessThan, Not, type EntityManager } from 'typeorm';
import { GatehouseError } from '#errors';
import type { SeenPerson, UserStore, UserSummary } from '#login';
import type { Database } from './database.ts';
import { UserEntity, type UserRow } from './entities/user.ts';
import { inSlices, jsonRows, lockInOrder } from './json-rows.ts';
import { bumpCredentials, lockRevision } from './revision.ts';
import { openRow, type SealContext, type Sealer } from './sealer.ts';

/** People as they were last seen, and whether they may use the gateway. */
export function createUserStore(database: Database, sealer: Sealer, learned: (revision: number) => void): UserStore {
  return {
    noteSeen: async (people) => {
      const again = people.filter(({ claims }) => claims === undefined);
      await inSlices(again, (slice) => noteSeenAgain(database, sealer, slice));
      const told = inOneOrder(people.filter(({ claims }) => claims !== undefined));
      if (told.length > 0)
        await database.transaction(async (manager) => {
          for (const person of told) await keepClaims(manager, sealer, person);
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
    setDisabled: async (id, disabled, by) => {
      const revision = await database.transaction(async (manager) => {
        // The same lock as that of whoever changes rules: of two admins one may be the last.
        await lockRevision(manager, 'both');
        // Judged again under the lock: the request was allowed before it, and so was the one that disabled its sender.
        if (by && (await manager.existsBy(UserEntity, { ...by, disabledAtMs: Not(IsNull()) })))
          throw new GatehouseError('userDisabled');
        const person = await manager.findOneBy(UserEntity, { id });
        if (!person) return undefined;
        const row = { disabledAtMs: disabled?.atMs ?? null, disabledReason: disabled?.reason ?? null };
        await manager.update(UserEntity, { id }, row);
        return await bumpCredentials(database, manager, [person]);
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

/** One order for all who write several people, so that two replicas never wait for each other's rows. */
const keyOf = ({ issuerUrl, subject }: Pick<SeenPerson, 'issuerUrl' | 'subject'>): string => `${issuerUrl} ${subject}`;
const inOneOrder = (people: readonly SeenPerson[]): SeenPerson[] =>
  people.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));

/** Many people of whom nothing new is known but that they were here: three statements for all of them. */
async function noteSeenAgain(database: Database, sealer: Sealer, people: readonly SeenPerson[]): Promise<void> {
  const sorted = inOneOrder(people);
  const seen = JSON.stringify(sorted.map((one) => [one.issuer, one.issuerUrl, one.subject, one.username, one.atMs]));
  const rows = jsonRows(database);
  const known = (await database.run((manager) =>
    manager.query(
      `SELECT issuer_url AS "issuerUrl", subject FROM users
       WHERE (issuer_url, subject) IN (SELECT value->>1, value->>2 FROM ${rows})`,
      [seen],
    ),
  )) as { issuerUrl: string; subject: string }[];
  const knownKeys = new Set(known.map(keyOf));
  const added = sorted
    .filter((person) => !knownKeys.has(keyOf(person)))
    .map(({ issuer, issuerUrl, subject, username, atMs }) => {
      const id = randomUUID();
      return [id, issuer, issuerUrl, subject, username, seal(sealer, id, {}), atMs];
    });
  // By itself, and past rows that another worker or replica was first with: it waits for nobody's update.
  if (added.length > 0)
    await database.run((manager) =>
      manager.query(
        `INSERT INTO users (id, issuer, issuer_url, subject, username, sealed, first_seen_at_ms, last_seen_at_ms)
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5,
           CAST(value->>6 AS bigint), CAST(value->>6 AS bigint)
         FROM ${rows} WHERE true ON CONFLICT (issuer_url, subject) DO NOTHING`,
        [JSON.stringify(added)],
      ),
    );
  await database.transaction(async (manager) => {
    const on = 'users.issuer_url = value->>1 AND users.subject = value->>2';
    await lockInOrder(database, manager, 'users', on, seen);
    await manager.query(
      `UPDATE users SET issuer = seen.issuer, username = seen.username,
         last_seen_at_ms = CASE WHEN last_seen_at_ms < seen.at_ms THEN seen.at_ms ELSE last_seen_at_ms END
       FROM (SELECT value->>0 AS issuer, value->>1 AS issuer_url, value->>2 AS subject, value->>3 AS username,
         CAST(value->>4 AS bigint) AS at_ms FROM ${rows}) AS seen
       WHERE users.issuer_url = seen.issuer_url AND users.subject = seen.subject`,
      [seen],
    );
  });
}

async function keepClaims(manager: EntityManager, sealer: Sealer, seen: SeenPerson): Promise<void> {
  const { issuer, issuerUrl, subject, username, claims = {}, atMs } = seen;
  const person = { issuerUrl, subject };
  const id = randomUUID();
  const times = { firstSeenAtMs: atMs, lastSeenAtMs: atMs, disabledAtMs: null, disabledReason: null };
  // A write first: SQLite would let a transaction that began by reading fail beside another process's. Where the person
  // is known, also by another worker since a moment ago, that row stands.
  await manager
    .createQueryBuilder()
    .insert()
    .into(UserEntity)
    .values({ id, issuer, ...person, username, sealed: seal(sealer, id, {}), ...times })
    .orIgnore()
    .execute();
  const known = await manager.findOneByOrFail(UserEntity, person);
  await manager.update(UserEntity, { id: known.id }, { issuer, username, sealed: seal(sealer, known.id, claims) });
  await manager.update(UserEntity, { id: known.id, lastSeenAtMs: LessThan(atMs) }, { lastSeenAtMs: atMs });
}

export const userContext = (id: string): SealContext => ({ table: 'users', row: id, field: 'claims', binding: '' });
const seal = (sealer: Sealer, id: string, claims: object): string =>
  sealer.seal(JSON.stringify(claims), userContext(id));

/** The claims of a person, as the last login or refresh gave them. */
export function openClaims(sealer: Sealer, row: Pick<UserRow, 'id' | 'sealed'>): Readonly<Record<string, unknown>> {
  return JSON.parse(openRow(sealer, row.sealed, userContext(row.id))) as Record<string, unknown>;
}

function summarize({ sealed: _sealed, disabledAtMs, disabledReason, ...row }: UserRow): UserSummary {
  return { ...row, disabledAtMs: disabledAtMs ?? undefined, disabledReason: disabledReason ?? undefined };
}
