import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '#migrations';
import { createDatabase, type Database, type SqliteConnection } from './database.ts';
import { ENTITIES } from './entities/index.ts';
import { StoreStartError } from './start-error.ts';

/** How long a statement waits for another process (the CLI beside a gateway) before the store says it is unavailable. */
const BUSY_TIMEOUT_MS = 5_000;

/** @throws StoreStartError databaseUnusable. */
export async function openSqlite(path: string, { readOnly = false }: { readOnly?: boolean } = {}): Promise<Database> {
  const file = resolve(path);
  let sqlite: SqliteConnection | undefined;
  try {
    if (!readOnly) makeFile(file);
    const dataSource = new DataSource({
      type: 'better-sqlite3',
      database: file,
      timeout: BUSY_TIMEOUT_MS,
      readonly: readOnly,
      entities: ENTITIES,
      migrations: [...MIGRATIONS],
      prepareDatabase: (connection: SqliteConnection) => {
        sqlite = connection;
        return readOnly ? undefined : prepare(connection);
      },
    });
    return createDatabase(await dataSource.initialize(), 'sqlite', sqlite);
  } catch (cause) {
    throw new StoreStartError(
      'databaseUnusable',
      `the database file ${file} cannot be opened (${(cause as Error).message}); see that its folder exists on a local disk and is writable for this user`,
      { cause },
    );
  }
}

/** Before SQLite makes it with the umask's mode; -wal and -shm take the mode of the database file. */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

async function prepare(connection: SqliteConnection): Promise<void> {
  await turnOnWal(connection);
  // FULL: a commit is on the disk when it returns, also after a power cut; NORMAL may lose the last commits in WAL mode.
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
}

/** Only the change into WAL mode does not wait for the busy time-out; two programs that start at once would meet here. */
async function turnOnWal(connection: SqliteConnection): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (connection.pragma('journal_mode = WAL', { simple: true }) === 'wal') return;
      throw new Error('the file system does not support write-ahead logging');
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY' || attempt === 50) throw error;
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}
