import { MigrationExecutor, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from '#migrations';
import type { Database } from './database.ts';
import { StoreStartError } from './start-error.ts';
import type { StoreLog } from './store.ts';

/** Any number that is ours alone within a PostgreSQL database: `gate` in ASCII. */
const MIGRATION_LOCK = 0x67617465;
const WAIT_FOR_LOCK_MS = 60_000;

/**
 * Brings the schema up to this program's, all pending migrations in one transaction, one program at a time.
 * Answers the name of the last migration.
 * @throws StoreStartError schemaTooNew, databaseUnusable.
 */
export async function migrate(database: Database, log: StoreLog): Promise<string> {
  const runner = database.dataSource.createQueryRunner();
  try {
    await beginAlone(database, runner);
    try {
      const names = await migrateAlone(database, runner, log);
      await runner.query('COMMIT');
      return names.at(-1) ?? '';
    } catch (error) {
      await runner.query('ROLLBACK').catch(() => {});
      throw error;
    }
  } catch (cause) {
    if (cause instanceof StoreStartError) throw cause;
    throw new StoreStartError(
      'databaseUnusable',
      `the database schema could not be brought up to date: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    await runner.release();
  }
}

/** By hand: TypeORM begins SQLite transactions DEFERRED, where two starting programs both read "nothing done yet". */
async function beginAlone(database: Database, runner: QueryRunner): Promise<void> {
  if (database.engine === 'sqlite') return void (await runner.query('BEGIN IMMEDIATE'));
  await runner.query('BEGIN');
  // Asked again and again, since a waiting statement would run into the statement time-out.
  const giveUpAt = Date.now() + WAIT_FOR_LOCK_MS;
  for (;;) {
    const [row] = (await runner.query(`SELECT pg_try_advisory_xact_lock(${MIGRATION_LOCK}) AS locked`)) as {
      locked: boolean;
    }[];
    if (row?.locked) return void (await runner.query('SET LOCAL statement_timeout = 0'));
    if (Date.now() > giveUpAt) {
      await runner.query('ROLLBACK');
      throw new StoreStartError(
        'databaseUnusable',
        'another program has been migrating this database for a minute; wait for it to end, then start again',
      );
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

async function migrateAlone(database: Database, runner: QueryRunner, log: StoreLog): Promise<string[]> {
  const executor = new MigrationExecutor(database.dataSource, runner);
  executor.transaction = 'none';
  const done = (await executor.getExecutedMigrations()).map((migration) => migration.name);
  const known = MIGRATIONS.map((Migration) => new Migration().name as string);
  const unknown = done.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new StoreStartError(
      'schemaTooNew',
      `the database was migrated by a newer Gatehouse (${unknown.join(', ')}) than this one, which knows up to ${known.at(-1)}; start the newer program, or restore a backup made before the upgrade`,
    );
  }
  const ran = await executor.executePendingMigrations();
  for (const migration of ran) log.info('database migrated', { migration: migration.name });
  return known;
}
