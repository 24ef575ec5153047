/** The audit log cannot be written: what the gateway says of it, and that it recovers; against the built gateway. */
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flood } from '../support/flood.ts';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
let world: SmallWorld;
let alice: string;

beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '2',
    GATEHOUSE_AUDIT_MAX_QUEUED_RECORDS: '200',
    GATEHOUSE_AUDIT_REFUSAL_BURST_PER_SOURCE: '1000',
    GATEHOUSE_AUDIT_REFUSAL_INTERVAL_SECONDS: '1',
  });
  alice = await world.tokenOf('alice');
});
afterAll(() => world?.stop());

/** Until many connections in a row are answered so: whichever worker they reach. Requests make each of them notice. */
async function untilAllAnswer(status: number): Promise<void> {
  const end = Date.now() + 30_000;
  for (let inARow = 0; inARow < 12;) {
    if (Date.now() > end) throw new Error(`not all workers answer with ${status}`);
    await ask(world, PODS, { token: alice });
    inARow = (await ask(world, '/-/readyz')).status === status ? inARow + 1 : 0;
    if (inARow === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('a locked database shows in readiness, in metrics and as 503, a flood changes nothing, and all recovers', async () => {
  expect(await ask(world, '/-/readyz')).toMatchObject({ status: 200, body: 'ok' });
  const lock = new SqliteDatabase(world.sqlitePath);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    // The store waits five seconds for a lock before it says that it cannot.
    await untilAllAnswer(503);
    expect((await ask(world, '/-/readyz')).body).toBe('the audit log cannot be written');
    expect((await ask(world, '/-/healthz')).status).toBe(200);
    const refused = await ask(world, PODS, { token: alice });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(await flood(world, 3_000, { headersOf: () => [`Host: 127.0.0.1:${world.port}`] })).toEqual({ 503: 3_000 });
    // 503 begins by the age of what is unsaved; the store waits as long for the lock before a commit fails.
    await expect
      .poll(async () => valueOf(await readMetrics(world.metricsUrl), 'gatehouse_audit_failed_commits_total'), {
        timeout: 20_000,
      })
      .toBeGreaterThan(0);
    const metrics = await readMetrics(world.metricsUrl);
    expect(valueOf(metrics, 'gatehouse_audit_queue_age_seconds')).toBeGreaterThan(4);
    // Each worker keeps half of the room for people.
    expect(valueOf(metrics, 'gatehouse_audit_queue_records')).toBeLessThanOrEqual(200);
    expect(valueOf(metrics, 'gatehouse_audit_counted_refusals_total')).toBeGreaterThan(2_800);
    expect(valueOf(metrics, 'gatehouse_refusals_total', { reason: 'auditUnavailable' })).toBeGreaterThan(3_000);
  } finally {
    lock.close();
  }
  await untilAllAnswer(200);
  expect((await ask(world, PODS, { token: alice })).status).toBe(200);
  // Counted ones that could not be saved are saved with the next interval.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const rows = await world.auditRows("reason LIKE '%refused before anybody%' OR annotations LIKE '%auditUnavailable%'");
  const sum = rows.reduce((total, { annotations }) => total + Number(annotations.count ?? 1), 0);
  const metrics = await readMetrics(world.metricsUrl);
  expect(sum).toBe(valueOf(metrics, 'gatehouse_refusals_total', { reason: 'auditUnavailable' }));
});
