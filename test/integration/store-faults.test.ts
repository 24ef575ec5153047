/** A failure of the store says why, also when it was met in another thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeError } from '#errors';
import { openStore, type Store } from '#store';
import { observeDisk } from '../support/disk/disk.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { startStoreChild } from '../support/store-child.ts';
import { auditRecord, silentLog, TEST_KEY } from '../support/store-samples.ts';

const append = (store: Store): Promise<string> =>
  store.audit.append([auditRecord()]).then(() => 'saved', describeError);

describe('on SQLite', () => {
  test('that the disk is full, that it is broken, that the file is locked; each passes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));
    const disk = observeDisk(folder);
    const child = await startStoreChild(join(folder, 'gatehouse.db'), disk.environment);
    const failure = (): Promise<string> => child.append().catch((error: Error) => error.message);
    disk.fail('write', 'ENOSPC');
    expect(await failure()).toMatch(/the disk is full: .*\(SQLITE_FULL\)$/);
    disk.repair();
    await child.append();
    disk.fail('sync', 'EIO');
    expect(await failure()).toMatch(/the disk reports an input\/output error: .*\(SQLITE_IOERR_FSYNC\)$/);
    disk.repair();
    await child.append();
    const other = new SqliteDatabase(join(folder, 'gatehouse.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(await failure()).toMatch(/the database is locked by another program: .*\(SQLITE_BUSY\)$/);
    other.close();
    await child.append();
    expect(await child.close()).toBe(0);
    disk.remove();
    rmSync(folder, { recursive: true });
  });
});

describe('on PostgreSQL', () => {
  let postgres: TestPostgres;
  let databaseUrl: string;
  let store: Store;
  beforeAll(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.createDatabase();
    store = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 60_000 });
  });
  afterAll(async () => {
    await store?.close();
    await postgres?.stop();
  });
  const sql = (statement: string): Promise<unknown[]> => runSql({ databaseUrl }, statement);
  const name = (): string => new URL(databaseUrl).pathname.slice(1);
  const newConnections = (): Promise<unknown[]> =>
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'");
  /** The first use of an ended connection says that it was ended. */
  async function afterReconnecting(): Promise<string> {
    await newConnections();
    await append(store);
    return await append(store);
  }

  test('that it is read-only', async () => {
    await sql(`ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
    expect(await afterReconnecting()).toMatch(/the database is read-only: .*\(25006\)$/);
    // Only a session that asks for it can write now.
    await sql(`BEGIN; SET TRANSACTION READ WRITE; ALTER DATABASE ${name()} RESET ALL; COMMIT`);
    expect(await afterReconnecting()).toBe('saved');
  });

  test('that it has too many connections', async () => {
    await sql("CREATE ROLE small LOGIN PASSWORD 'small' CONNECTION LIMIT 2");
    await sql(`ALTER DATABASE ${name()} OWNER TO small`);
    await sql('GRANT ALL ON ALL TABLES IN SCHEMA public TO small');
    const url = new URL(databaseUrl);
    url.username = 'small';
    url.password = 'small';
    // One connection listens, one is the pool's; a third is refused.
    const small = await openStore({
      databaseUrl: url.href,
      key: { base64: TEST_KEY },
      log: silentLog,
      pollEveryMs: 60_000,
    });
    const failures = (await Promise.all([1, 2, 3, 4].map(() => append(small)))).filter((how) => how !== 'saved');
    expect(failures[0]).toMatch(/the database server has too many connections: .*\(53300\)$/);
    expect(await append(small)).toBe('saved');
    await small.close();
  });

  test('that a statement took too long', async () => {
    const lock = new Client({ connectionString: databaseUrl });
    await lock.connect();
    await lock.query('BEGIN; LOCK TABLE audit_log');
    expect(await append(store)).toMatch(/statement timeout\): .*\(57014\)$/);
    await lock.end();
  });

  test('that it cannot be reached', async () => {
    await postgres.pause('immediate');
    await append(store);
    expect(await append(store)).toMatch(/cannot connect to the database server: .*ECONNREFUSED/);
    await postgres.resume();
    expect(await append(store)).toBe('saved');
  });
});
