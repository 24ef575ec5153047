/** What the store has promised is on the disk: syncs are counted, and a power cut discards what was not synced. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeError } from '#errors';
import { openStore, type Store } from '#store';
import { observeDisk, type TestDisk } from '../support/disk/disk.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { startStoreChild } from '../support/store-child.ts';
import { auditRecord, silentLog, TEST_KEY } from '../support/store-samples.ts';

const COMMITS = 60;

describe('SQLite before a power cut', () => {
  let folder: string;
  let disk: TestDisk;
  let sqlitePath: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-durable-'));
    const data = mkdtempSync(join(folder, 'data-'));
    sqlitePath = join(data, 'gatehouse.db');
    disk = observeDisk(data);
  });
  afterEach(() => {
    disk.remove();
    rmSync(folder, { recursive: true });
  });

  /** Commits one record after another, cuts the power, and counts the promised records that are gone. */
  async function lostByPowerCut(more: readonly string[] = []): Promise<{ lost: number; syncs: number }> {
    const child = await startStoreChild(sqlitePath, disk.environment, more);
    const before = disk.syncs('gatehouse.db-wal');
    const promised: string[] = [];
    for (let at = 0; at < COMMITS; at += 1) promised.push(await child.append());
    const syncs = disk.syncs('gatehouse.db-wal') - before;
    await child.kill();
    disk.cutPower();
    const store = await openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog });
    const kept = new Set((await store.audit.list({ limit: 1_000 })).items.map(({ auditId }) => auditId));
    await store.close();
    return { lost: promised.filter((id) => !kept.has(id)).length, syncs };
  }

  test.each(['OFF', 'NORMAL'])(
    'with synchronous = %s records would be lost: this check would notice',
    async (level) => {
      const weaken = join(folder, 'weaken.cjs');
      const threads = join(folder, 'threads.cjs');
      writeFileSync(weaken, weakened(level));
      writeFileSync(threads, preloadedInThreads(weaken));
      const { lost, syncs } = await lostByPowerCut([`--require=${threads}`]);
      expect(lost).toBe(COMMITS);
      expect(syncs).toBe(0);
    },
  );

  test('every record that was promised is there after it, for one sync of the log a commit', async () => {
    expect(await lostByPowerCut()).toEqual({ lost: 0, syncs: COMMITS });
  });
});

describe('PostgreSQL before a power cut', () => {
  let postgres: TestPostgres;
  let databaseUrl: string;
  let store: Store | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  beforeEach(async () => {
    databaseUrl = await postgres.createDatabase();
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
  });
  const open = async (url = databaseUrl): Promise<Store> =>
    (store = await openStore({ databaseUrl: url, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 60_000 }));
  const sql = (statement: string): Promise<unknown[]> => runSql({ databaseUrl }, statement);
  const ofDatabase = (statement: string): string => statement.replace('DB', new URL(databaseUrl).pathname.slice(1));
  const reload = 'SELECT pg_reload_conf()';

  /** How often the server synced its log for this many commits, one after another. */
  async function syncsOf(commits: number, saving: Store): Promise<number> {
    // A backend reports what it did with a statement's end, at most once a second.
    const read = async (): Promise<number> => {
      await new Promise((wake) => setTimeout(wake, 1_200));
      await saving.audit.append([auditRecord()]);
      const [row] = (await sql('SELECT wal_sync FROM pg_stat_wal')) as { wal_sync: string }[];
      return Number(row?.wal_sync);
    };
    const before = await read();
    for (let at = 0; at < commits; at += 1) await saving.audit.append([auditRecord()]);
    return (await read()) - before;
  }

  test.each([
    [
      'for the database',
      'ALTER DATABASE DB SET synchronous_commit = off',
      'ALTER DATABASE DB RESET ALL',
      /for this database/,
    ],
    [
      'for the role',
      'ALTER ROLE gatehouse SET synchronous_commit = off',
      'ALTER ROLE gatehouse RESET ALL',
      /for this role;/,
    ],
    [
      'for the role in the database',
      'ALTER ROLE gatehouse IN DATABASE DB SET synchronous_commit = off',
      'ALTER ROLE gatehouse IN DATABASE DB RESET ALL',
      /for this role in this database/,
    ],
    [
      'for the server',
      'ALTER SYSTEM SET synchronous_commit = off',
      'ALTER SYSTEM RESET synchronous_commit',
      /configuration of the server/,
    ],
  ])('a database where commits are not waited for is refused: set %s', async (_where, set, reset, source) => {
    await sql(ofDatabase(set));
    await sql(reload);
    try {
      const refusal = await open().catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'databaseNotDurable',
        message: expect.stringMatching(/synchronous_commit is off/),
      });
      expect(String(refusal)).toMatch(source);
    } finally {
      await sql(ofDatabase(reset));
      await sql(reload);
    }
    await open();
  });

  test('a server that never syncs is refused, and so is a URL that turns waiting off', async () => {
    await sql('ALTER SYSTEM SET fsync = off');
    await sql(reload);
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'databaseNotDurable',
        message: expect.stringMatching(/fsync is off/),
      });
    } finally {
      await sql('ALTER SYSTEM RESET fsync');
      await sql(reload);
    }
    const weak = `${databaseUrl}?options=${encodeURIComponent('-c synchronous_commit=off')}`;
    await expect(open(weak)).rejects.toMatchObject({ message: expect.stringMatching(/by the database URL/) });
  });

  test('each commit is synced, also when the server is configured later not to, and a connection made then is refused', async () => {
    const saving = await open();
    expect(await syncsOf(COMMITS, saving)).toBeGreaterThanOrEqual(COMMITS);
    await sql('ALTER SYSTEM SET synchronous_commit = off');
    await sql(reload);
    try {
      expect(await syncsOf(COMMITS, saving)).toBeGreaterThanOrEqual(COMMITS);
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'");
      const failures: unknown[] = [];
      for (let at = 0; at < 3; at += 1)
        await saving.audit.append([auditRecord()]).catch((error: unknown) => failures.push(error));
      expect(failures.at(-1)).toMatchObject({ code: 'storeUnavailable' });
      expect(describeError(failures.at(-1))).toMatch(/synchronous_commit is off/);
    } finally {
      await sql('ALTER SYSTEM RESET synchronous_commit');
      await sql(reload);
    }
    await expect.poll(() => saving.audit.append([auditRecord()]).then(() => 'saved', String)).toBe('saved');
  });
});

/** A program that makes better-sqlite3 promise less than it is asked to. */
const weakened = (level: string): string => `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (text, ...more) {
    return pragma.call(this, text.replace('synchronous = FULL', 'synchronous = ${level}'), ...more);
  };`;

/** A program that is loaded first makes the threads of its process load another first, too. */
const preloadedInThreads = (file: string): string => `
  const threads = require('node:worker_threads');
  threads.Worker = class extends threads.Worker {
    constructor(url, options) {
      super(url, { ...options, execArgv: [...options.execArgv, ${JSON.stringify(`--require=${file}`)}] });
    }
  };
  require('node:module').syncBuiltinESMExports();`;
