/** SIGTERM while the database hangs: the gateway ends within its bound, and logs the records that it could not save. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RunningGateway } from '../demo/start-gateway.ts';
import { observeDisk } from '../support/disk/disk.ts';
import { startPostgres } from '../support/postgres.ts';
import { connectToWorker, openWatch } from '../support/worker-clients.ts';
import { createWorkerWorld, type WorkerWorld } from '../support/worker-world.ts';

/** `timeouts.shutdownGraceSeconds` 1, 10 s to save audit records, 8 s for the rest; and what a busy machine adds. */
const BOUND_MS = 19_000 + 1_000;

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

interface Started {
  readonly world: WorkerWorld;
  readonly gateway: RunningGateway;
}

/** Something is open, something waits for the database, and something is queued. */
async function use({ world }: Started): Promise<() => void> {
  await openWatch(world, 'bound');
  const connection = connectToWorker(world);
  await connection.send('/api/v1/namespaces/bound/pods');
  return () => void connection.send('/api/v1/namespaces/bound/pods').catch(() => {});
}

async function endsInTime({ gateway }: Started): Promise<void> {
  const stoppedAt = Date.now();
  process.kill(gateway.pid, 'SIGTERM');
  const code = await gateway.exited;
  console.log(`ended ${Date.now() - stoppedAt} ms after SIGTERM`);
  expect(Date.now() - stoppedAt).toBeLessThan(BOUND_MS);
  // Killed by itself, or 1: not everything was saved.
  expect(code).toBe(1);
  expect(gateway.readLog()).toMatch(
    /"message":"audit record not saved".*"requestUri":"\/api\/v1\/namespaces\/bound\/pods/,
  );
  expect(gateway.readLog()).not.toMatch(/takes longer than it may/);
}

/** Both forms at once: nearly all of the time is waited. */
async function freezeAndStop(started: readonly Started[], freeze: () => unknown): Promise<void> {
  const sends = await Promise.all(started.map(use));
  await freeze();
  for (const send of sends) send();
  await new Promise((wake) => setTimeout(wake, 500));
  await Promise.all(started.map(endsInTime));
}

// Starting two gateways and waiting out the bound of both.
const TEST_MS = 120_000;

test('of a frozen PostgreSQL', { timeout: TEST_MS }, async () => {
  const postgres = await startPostgres();
  ends.push(() => postgres.stop());
  const started: Started[] = [];
  for (const workers of ['1', '2']) {
    const databaseUrl = await postgres.createDatabase();
    const world = await createWorkerWorld({ databaseUrl, encryptionKey: randomBytes(32).toString('base64') });
    ends.push(() => world.stop());
    started.push({
      world,
      gateway: await world.start({ GATEHOUSE_WORKERS: workers, GATEHOUSE_METRICS_LISTEN: 'off' }),
    });
  }
  await freezeAndStop(started, () => postgres.freeze());
});

test('of a frozen disk below SQLite', { timeout: TEST_MS }, async () => {
  const disks: ReturnType<typeof observeDisk>[] = [];
  const started: Started[] = [];
  for (const workers of ['1', '2']) {
    const world = await createWorkerWorld(undefined);
    ends.push(() => world.stop());
    const data = join(world.folder, 'data');
    mkdirSync(data, { recursive: true });
    const disk = observeDisk(data);
    ends.push(() => disk.remove());
    disks.push(disk);
    started.push({
      world,
      gateway: await world.start({ ...disk.environment, GATEHOUSE_WORKERS: workers, GATEHOUSE_METRICS_LISTEN: 'off' }),
    });
  }
  await freezeAndStop(started, () => disks.forEach((disk) => disk.freeze('sync')));
});
