import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { StoreStartError } from './start-error.ts';

/** A gateway that is being stopped, or was killed a moment ago, still has its lock for an instant. */
const WAIT_MS = 1_000;

/**
 * One gateway at a time on a SQLite file: two would each mark the other's open requests as abandoned, and count limits
 * for themselves. Held by an exclusive transaction on a file beside it, so that the operating system releases it
 * whatever ends the process; Node has no flock. Commands work beside a gateway and take no lock.
 *
 * The file must not be opened in this process by other means: closing any descriptor of it releases the lock (POSIX
 * record locks are of the process). @throws StoreStartError databaseInUse, databaseUnusable. Returns the function that releases it.
 */
export function lockGateway(sqlitePath: string): () => void {
  // Two links to one file must find one lock.
  const file = `${existsSync(sqlitePath) ? realpathSync(sqlitePath) : resolve(sqlitePath)}.lock`;
  let lock: SqliteDatabase.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    lock = new SqliteDatabase(file, { timeout: WAIT_MS });
    lock.exec('BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
    const held = lock;
    return () => held.close();
  } catch (cause) {
    lock?.close();
    const { code, message } = cause as Error & { code?: string };
    if (code === 'SQLITE_BUSY')
      throw new StoreStartError(
        'databaseInUse',
        `another gateway runs on the database file ${resolve(sqlitePath)}; stop it first, or give this one a dataDirectory of its own (several gateways share a database with PostgreSQL only)`,
        { cause },
      );
    throw new StoreStartError('databaseUnusable', `the lock file ${file} cannot be taken (${message})`, { cause });
  }
}
