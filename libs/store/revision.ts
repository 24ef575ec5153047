import { LessThanOrEqual, type EntityManager } from 'typeorm';
import type { Affected, Person } from '#identity';
import type { Database } from './database.ts';
import { CredentialChangeEntity } from './entities/credential-change.ts';
import { RevisionEntity } from './entities/revision.ts';

/**
 * Two revisions, each with a row in `revision`. `configuration` counts changes of objects, and is the source of their
 * resourceVersion. `credentials` counts sessions and access tokens that end, claims that change, and people who are
 * disabled or enabled.
 */
export type Changing = 'configuration' | 'credentials';

export interface Change {
  readonly of: Changing;
  readonly revision: number;
}

const ROW = { configuration: 1, credentials: 2 } as const;
/** Replicas of an earlier release listen on the first only. */
export const CHANNELS: Readonly<Record<Changing, string>> = {
  configuration: 'gatehouse_revision',
  credentials: 'gatehouse_credentials',
};

/** Changes of credentials that are kept. A process that missed more drops its whole cache. */
export const CHANGES_KEPT = 1_000;
/** The most people that one change, or one read of changes, lists; beyond it everyone is affected. */
export const MOST_AFFECTED = 500;
export const EVERYONE: Person = { issuerUrl: '', subject: '' };

/**
 * First in each transaction that changes objects or credentials: it takes the row (PostgreSQL) or the file (SQLite) for
 * writing, so that what is read afterwards stays true until the commit, and numbers follow commits. SQLite would
 * otherwise read first and then fail to write whenever another process had written in between.
 */
export async function lockRevision(manager: EntityManager, of: Changing | 'both'): Promise<void> {
  // Always in this order, so that two transactions cannot deadlock.
  for (const each of of === 'both' ? (['configuration', 'credentials'] as const) : [of])
    await manager.query(`UPDATE revision SET revision = revision WHERE id = ${ROW[each]}`);
}

export async function readRevision(manager: EntityManager, of: Changing): Promise<number> {
  return (await manager.findOneByOrFail(RevisionEntity, { id: ROW[of] })).revision;
}

/** Raises the revision of the configuration and notifies other replicas at commit. Call `lockRevision` first. */
export async function bumpRevision(database: Database, manager: EntityManager): Promise<number> {
  return await bump(database, manager, 'configuration');
}

/** The same for credentials; stores the affected people beside the revision. Call `lockRevision` first. */
export async function bumpCredentials(database: Database, manager: EntityManager, affected: Affected): Promise<number> {
  const revision = await bump(database, manager, 'credentials');
  const people =
    affected === 'everyone'
      ? [EVERYONE]
      : [...new Map(affected.map((one) => [`${one.issuerUrl} ${one.subject}`, one])).values()];
  const rows = (people.length > MOST_AFFECTED ? [EVERYONE] : people).map(({ issuerUrl, subject }) => ({
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
