/**
 * A database that hangs: PostgreSQL under SIGSTOP, and SQLite on a disk whose syncs do not return, behind the built
 * gateway with one and with two processes.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { observeDisk } from '../support/disk/disk.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { ask, type SmallAnswer } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const SECRETS = '/api/v1/namespaces/team-a/secrets';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A database that can be made to hang. */
interface Hanging {
  readonly settings: Record<string, string>;
  readonly sql: Parameters<typeof runSql>[0];
  freeze(): void;
  thaw(): void;
  remove(): void;
}

async function onPostgres(): Promise<Hanging> {
  const databaseUrl = await postgres.createDatabase();
  return {
    settings: {
      GATEHOUSE_DATABASE_URL: databaseUrl,
      GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    },
    sql: { databaseUrl },
    freeze: postgres.freeze,
    thaw: postgres.thaw,
    remove: postgres.thaw,
  };
}

/** SQLite on a disk whose syncs do not return. */
async function onFrozenDisk(): Promise<Hanging> {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-frozen-'));
  const disk = observeDisk(data);
  return {
    settings: { ...disk.environment, GATEHOUSE_DATA_DIRECTORY: data },
    sql: { sqlitePath: join(data, 'gatehouse.db') },
    freeze: () => disk.freeze('sync'),
    thaw: disk.repair,
    remove() {
      disk.repair();
      disk.remove();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

describe.each([
  ['PostgreSQL', '2', onPostgres],
  ['SQLite', '1', onFrozenDisk],
  ['SQLite', '2', onFrozenDisk],
] as const)('while %s hangs, with workers: %s', (_engine, workers, open) => {
  let world: SmallWorld;
  let database: Hanging;
  let alice: string;
  beforeAll(async () => {
    database = await open();
    world = await startSmallWorld({ ...database.settings, GATEHOUSE_WORKERS: workers });
    alice = await world.tokenOf('alice');
  });
  afterAll(async () => {
    database.thaw();
    await world?.stop();
    database.remove();
  });

  const timed = async (path: string, method = 'GET', body?: string): Promise<SmallAnswer & { ms: number }> => {
    const startedAt = performance.now();
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await ask(world, path, { token: alice, method, headers, ...(body === undefined ? {} : { body }) });
    return { ...answer, ms: performance.now() - startedAt };
  };
  /** Whichever worker a connection reaches. */
  const readiness = async (): Promise<number[]> =>
    (await Promise.all(Array.from({ length: 8 }, () => ask(world, '/-/readyz')))).map(({ status }) => status);
  const untilReady = (): Promise<void> =>
    expect.poll(async () => new Set(await readiness()), { timeout: 20_000, interval: 200 }).toEqual(new Set([200]));

  test('a stall of three seconds takes nobody out: readiness stays, reads go on, writes wait', async () => {
    await untilReady();
    expect((await timed(PODS)).status).toBe(200);
    database.freeze();
    const write = timed(PODS, 'POST', '{}');
    const seen = new Set<number>();
    const end = Date.now() + 3_000;
    while (Date.now() < end) {
      for (const status of await readiness()) seen.add(status);
      expect((await timed(PODS)).status).toBe(200);
      await pause(100);
    }
    database.thaw();
    expect((await write).status).toBe(503);
    const until = Date.now() + 4_000;
    while (Date.now() < until) {
      for (const status of await readiness()) seen.add(status);
      await pause(100);
    }
    expect([...seen]).toEqual([200]);
    expect((await timed(PODS, 'POST', '{}')).status).toBeLessThan(300);
  });

  test('a longer one refuses writes after two seconds and reads after five, shows in readiness without traffic, and passes', async () => {
    await untilReady();
    const before = world.upstream.received.length;
    database.freeze();
    const frozenAt = Date.now();
    const writes = await Promise.all([
      timed(PODS, 'POST', '{"kind":"Pod"}'),
      timed(`${PODS}/x`, 'DELETE'),
      timed(SECRETS),
      timed(`${PODS}/x/exec?command=id`, 'POST'),
      timed('/-/me/tokens', 'POST', '{"name":"ci","expiresInSeconds":600}'),
    ]);
    for (const { status, ms, headers } of writes) {
      expect(status).toBe(503);
      expect(headers['retry-after']).toMatch(/^\d+$/);
      expect(ms).toBeGreaterThan(1_900);
      expect(ms).toBeLessThan(3_000);
    }
    expect(world.upstream.received.slice(before)).toEqual([]);
    // Younger than five seconds: reads are served.
    expect(Date.now() - frozenAt).toBeLessThan(4_500);
    expect((await timed(PODS)).status).toBe(200);
    expect(new Set(await readiness())).toEqual(new Set([200]));
    await pause(Math.max(0, 7_000 - (Date.now() - frozenAt)));
    expect(new Set(await readiness())).toEqual(new Set([503]));
    expect((await ask(world, '/-/readyz')).body).toBe('the audit log cannot be written');
    expect((await ask(world, '/-/healthz')).status).toBe(200);
    for (let at = 0; at < 8; at += 1) {
      const refused = await timed(PODS);
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
      expect(refused.ms).toBeLessThan(1_000);
    }
    database.thaw();
    await untilReady();
    expect((await timed(PODS)).status).toBe(200);
    expect((await timed(PODS, 'POST', '{}')).status).toBeLessThan(300);
    await pause(500);
    const rows = (await runSql(
      database.sql,
      `SELECT stage, decision FROM audit_events WHERE received_at_ms >= ${frozenAt} AND annotations LIKE '%auditUnavailable%' AND username <> '' AND verb <> 'list' ORDER BY verb`,
    )) as { stage: string; decision: string }[];
    // But the list of Secrets, and what was refused before anybody was identified.
    expect(rows.map(({ stage, decision }) => `${stage} ${decision}`)).toEqual(
      Array.from({ length: 4 }, () => 'ResponseComplete refused'),
    );
    expect(await runSql(database.sql, 'SELECT 1 FROM access_tokens')).toEqual([]);
    expect(await runSql(database.sql, 'SELECT 1 FROM audit_log WHERE completed_at_ms IS NULL')).toEqual([]);
  });

  test('one that outlasts every time-out of the client library passes as well', async () => {
    await untilReady();
    database.freeze();
    const write = timed(PODS, 'POST', '{}');
    await pause(16_000);
    expect((await write).status).toBe(503);
    expect(new Set(await readiness())).toEqual(new Set([503]));
    database.thaw();
    await untilReady();
    await expect.poll(async () => (await timed(PODS, 'POST', '{}')).status, { timeout: 10_000 }).toBeLessThan(300);
  });
});
