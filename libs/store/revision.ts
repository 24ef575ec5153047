import { LessThanOrEqual, type EntityManager } from 'typeorm';
import type { Concerned, Person } from '#identity';
import type { Database } from './database.ts';
import { CredentialChangeEntity } from './entities/credential-change.ts';
import { RevisionEntity } from './entities/revision.ts';

/**
 * What changes apart: the objects, whose resourceVersions are its numbers; and sessions and access tokens that end, their
 * claims, and who is disabled. Each has its row in `revision`.
 */
export type Changing = 'configuration' | 'credentials';

export interface Change {
  readonly of: Changing;
  readonly revision: number;
}

const ROW = { configuration: 1, credentials: 2 } as const;
/** The first had no other beside it: replicas of before listen there. */
export const CHANNELS: Readonly<Record<Changing, string>> = {
  configuration: 'gatehouse_revision',
  credentials: 'gatehouse_credentials',
};

/** Changes of credentials that are kept; who was away for more forgets all it knew. */
export const CHANGES_KEPT = 1_000;
/** People of one change; more are everyone. */
export const MOST_CONCERNED = 500;
export const EVERYONE: Person = { issuerUrl: '', subject: '' };

/**
 * First in each transaction that changes objects or credentials: it takes the row (PostgreSQL) or the file (SQLite) for
 * writing, so that what is read afterwards stays true until the commit, and numbers follow commits. SQLite would
 * otherwise read first and then fail to write whenever another process had written in between.
 */
export async function lockRevision(manager: EntityManager, of: Changing | 'both'): Promise<void> {
  // One order for all, so that no two wait for each other.
  for (const each of of === 'both' ? (['configuration', 'credentials'] as const) : [of])
    await manager.query(`UPDATE revision SET revision = revision WHERE id = ${ROW[each]}`);
}

export async function readRevision(manager: EntityManager, of: Changing): Promise<number> {
  return (await manager.findOneByOrFail(RevisionEntity, { id: ROW[of] })).revision;
}

/** Bumps the revision of the objects and tells the other replicas at commit. Needs `lockRevision` before it. */
export async function bumpRevision(database: Database, manager: EntityManager): Promise<number> {
  return await bump(database, manager, 'configuration');
}

/** The same for credentials, with whom the change concerns. Needs `lockRevision` before it. */
export async function bumpCredentials(
  database: Database,
  manager: EntityManager,
  concerned: Concerned,
): Promise<number> {
  const revision = await bump(database, manager, 'credentials');
  const people =
    concerned === 'everyone'
      ? [EVERYONE]
      : [...new Map(concerned.map((one) => [`${one.issuerUrl} ${one.subject}`, one])).values()];
  const rows = (people.length > MOST_CONCERNED ? [EVERYONE] : people).map(({ issuerUrl, subject }) => ({
    revision,
    issuerUrl,
    subject,
  }));
  await manager.insert(CredentialChangeEntity, rows);
  await manager.delete(CredentialChangeEntity, { revision: LessThanOrEqual(revision - CHANGES_KEPT) });
  return revision;
}

async function bump(database: Database, manager: EntityManager, of: Changing): Promise<number> {
  await manager.query(`UPDATE revision SET revision = revision + 1 WHERE id = ${ROW[of]}`);
  const revision = await readRevision(manager, of);
  // PostgreSQL delivers notifications at commit, and only then.
  if (database.engine === 'postgres') await manager.query('SELECT pg_notify($1, $2)', [CHANNELS[of], String(revision)]);
  return revision;
}
