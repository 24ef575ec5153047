import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { openStore, type OpenStoreOptions, type SharedStore } from '#store';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { runSql } from './run-sql.ts';
import { silentLog, TEST_KEY } from './store-samples.ts';

/** What a suite needs of a database, so that it can be the same for both. */
export interface TestDatabase {
  readonly options: OpenStoreOptions;
  /** Statements past the store, as a thief or a newer program would make them. */
  sql(statement: string): Promise<unknown[]>;
  /** All bytes that somebody who steals the database gets. */
  bytes(): Promise<Buffer>;
  remove(): Promise<void>;
}

/** `store` and `database` are new for each test. */
export interface StoreSuite {
  readonly engine: 'SQLite' | 'PostgreSQL';
  readonly store: SharedStore;
  readonly database: TestDatabase;
  /** Another store on the same database; closed after the test. */
  open(changes?: Partial<OpenStoreOptions>): Promise<SharedStore>;
  /** Another, empty database. */
  make(): Promise<TestDatabase>;
}

/** The one contract suite: the same tests on SQLite and on a real PostgreSQL. */
export function describeStore(what: string, tests: (suite: StoreSuite) => void): void {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  describe.each([
    ['SQLite', makeSqlite],
    ['PostgreSQL', () => makePostgres(postgres)],
  ] as const)(`${what} on %s`, (engine, make) => {
    let current: { store: SharedStore; database: TestDatabase };
    const opened: SharedStore[] = [];
    const openOn = async (database: TestDatabase, changes: Partial<OpenStoreOptions> = {}): Promise<SharedStore> => {
      const store = await openStore({ ...database.options, ...changes });
      opened.push(store);
      return store;
    };
    beforeEach(async () => {
      const database = await make();
      current = { database, store: await openOn(database) };
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
      await current.database.remove();
    });
    tests({
      engine,
      get store() {
        return current.store;
      },
      get database() {
        return current.database;
      },
      open: (changes) => openOn(current.database, changes),
      make,
    });
  });
}

async function makeSqlite(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
  const sqlitePath = join(folder, 'data', 'gatehouse.db');
  return {
    options: { sqlitePath, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 100 },
    sql: (statement) => runSql({ sqlitePath }, statement),
    bytes: async () => Buffer.concat(['', '-wal', '-shm'].map((ending) => readIfThere(sqlitePath + ending))),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function makePostgres(postgres: TestPostgres): Promise<TestDatabase> {
  const databaseUrl = await postgres.createDatabase();
  return {
    options: { databaseUrl, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 100 },
    sql: (statement) => runSql({ databaseUrl }, statement),
    bytes: () => postgres.dump(databaseUrl),
    remove: async () => {},
  };
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
