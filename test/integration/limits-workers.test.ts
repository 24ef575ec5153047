/** What several workers share: no more is given than there is, and what a dead one had is free again. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask, until, watch } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
let world: SmallWorld;
let alice: string;

beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '3',
    GATEHOUSE_LIMITS_MAX_STREAMS_PER_PERSON: '6',
    GATEHOUSE_LIMITS_MAX_REQUESTS_IN_FLIGHT_PER_PERSON: '40',
  });
  alice = await world.tokenOf('alice');
});
afterAll(() => world?.stop());

const workerPids = (): number[] =>
  readFileSync(`/proc/${world.gateway.pid}/task/${world.gateway.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);

/** Opens one more than may be open, at once; closes them, and answers their statuses. */
async function openSeven(): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: 7 }, () => watch(world, alice)));
  held.forEach(({ stop }) => stop());
  await until(() => world.upstream.watches() === 0);
  return held.map(({ status }) => status).toSorted();
}

test('requests in flight of one person, over all workers, are the limit and no more', async () => {
  for (let round = 0; round < 3; round++) {
    world.upstream.hold();
    const pending = Array.from({ length: 60 }, () => ask(world, PODS, { token: alice }));
    await until(() => world.upstream.held() === 40);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(world.upstream.held()).toBe(40);
    expect(valueOf(await readMetrics(world.metricsUrl), 'gatehouse_requests_in_flight')).toBe(40);
    world.upstream.release();
    const statuses = (await Promise.all(pending)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('streams are exact over all workers, also when they are opened at once', async () => {
  for (let round = 0; round < 5; round++) {
    expect(await openSeven()).toEqual([200, 200, 200, 200, 200, 200, 429]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('what killed workers held is free again, and no counter of theirs sinks', async () => {
  const held = await Promise.all(Array.from({ length: 6 }, () => watch(world, alice)));
  expect(held.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  const before = await readMetrics(world.metricsUrl);
  const pids = workerPids();
  expect(pids).toHaveLength(3);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until(() => world.upstream.watches() === 0);
  await until(() => workerPids().length === 3 && !workerPids().some((pid) => pids.includes(pid)), 20_000);
  let answer: number[] = [];
  const end = Date.now() + 20_000;
  // New workers are a while about serving.
  while (answer.length === 0 && Date.now() < end)
    answer = await openSeven().catch(() => new Promise<number[]>((resolve) => setTimeout(resolve, 200, [])));
  expect(answer).toEqual([200, 200, 200, 200, 200, 200, 429]);
  const after = await readMetrics(world.metricsUrl);
  for (const name of ['gatehouse_requests_total', 'gatehouse_audit_saved_records_total', 'gatehouse_refusals_total'])
    expect(valueOf(after, name)).toBeGreaterThanOrEqual(valueOf(before, name));
  expect(valueOf(after, 'gatehouse_streams_open', { kind: 'watch' })).toBe(0);
});
