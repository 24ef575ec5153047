import type { EntityManager } from 'typeorm';
import type { Database } from './database.ts';
import { RevisionEntity } from './entities/revision.ts';

export const REVISION_CHANNEL = 'gatehouse_revision';
const ROW = { id: 1 };

/**
 * First in each transaction that changes objects: it takes the row (PostgreSQL) or the file (SQLite) for writing, so
 * that what is read afterwards stays true until the commit. SQLite would otherwise read first and then fail to write
 * whenever another process had written in between.
 */
export async function lockRevision(manager: EntityManager): Promise<void> {
  await manager.query('UPDATE revision SET revision = revision WHERE id = 1');
}

export async function readRevision(manager: EntityManager): Promise<number> {
  return (await manager.findOneByOrFail(RevisionEntity, ROW)).revision;
}

/** Bumps the revision and tells the other replicas at commit. Needs `lockRevision` before it. */
export async function bumpRevision(database: Database, manager: EntityManager): Promise<number> {
  await manager.query('UPDATE revision SET revision = revision + 1 WHERE id = 1');
  const revision = await readRevision(manager);
  // PostgreSQL delivers notifications at commit, and only then.
  if (database.engine === 'postgres')
    await manager.query('SELECT pg_notify($1, $2)', [REVISION_CHANNEL, String(revision)]);
  return revision;
}
