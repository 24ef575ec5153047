/** Ends: SIGTERM drains every worker, and one that cannot start ends the gateway. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import { describeWorkers } from '../support/describe-workers.ts';
import { connectToWorker, openWatch, servedBy } from '../support/worker-clients.ts';
import { createWorkerWorld, type WorkerWorld } from '../support/worker-world.ts';

interface ListedEvent {
  readonly auditID: string;
  readonly stage: string;
}

describeWorkers('a gateway of two workers that is stopped', (suite) => {
  test('ends within its grace, with every stream recorded as complete', async () => {
    const { world } = suite;
    const gateway = await world.start();
    const connection = connectToWorker(world);
    const perWorker = new Map<string, string[]>();
    while (perWorker.size < 2 || [...perWorker.values()].some((list) => list.length < 10)) {
      const watch = await openWatch(world, 'stop');
      const worker = await servedBy(connection, watch.auditId);
      perWorker.set(worker, [...(perWorker.get(worker) ?? []), watch.auditId]);
    }
    const opened = [...perWorker.values()].flat();
    for (let turn = 0; turn < 20; turn += 1) await connection.send('/api/v1/namespaces/last/pods');
    const stoppedAt = Date.now();
    await gateway.stop();
    expect(await gateway.exited).toBe(0);
    // The grace is 1 s.
    expect(Date.now() - stoppedAt).toBeLessThan(5_000);
    const list = async (namespace: string): Promise<ListedEvent[]> => {
      const args = ['audit', 'list', '--namespace', namespace, '--limit', '1000', '-o', 'json'];
      return (JSON.parse(await runCli(args, world.environment)) as { items: ListedEvent[] }).items;
    };
    const watches = new Map((await list('stop')).map(({ auditID, stage }) => [auditID, stage]));
    expect(opened.map((id) => watches.get(id))).toEqual(opened.map(() => 'ResponseComplete'));
    expect(await list('last')).toHaveLength(20);
    expect(gateway.readLog()).not.toMatch(/not saved|not drained|"level":"error"/);
  });
});

describe('a gateway whose workers cannot start', () => {
  let world: WorkerWorld;
  beforeAll(async () => {
    world = await createWorkerWorld(undefined);
  });
  afterAll(() => world.stop());
  const refusalOf = async (more: Record<string, string>): Promise<string> =>
    String(await world.start(more).catch((error: unknown) => error));

  test('tries five times, then ends with the reason', async () => {
    const crash = join(world.folder, 'crash.cjs');
    writeFileSync(crash, `if (process.argv[1]?.endsWith('worker.js')) process.exit(9);\n`);
    const refusal = await refusalOf({ NODE_OPTIONS: `--require=${crash}` });
    expect(refusal).toContain('workers cannot be started (the last one ended with code 9)');
    expect(refusal.match(/"message":"a worker ended"/g)?.length).toBeGreaterThanOrEqual(5);
    expect(refusal.match(/gatehouse cannot start/g)).toHaveLength(1);
  });

  test('says a fault of the configuration once', async () => {
    const certificate = join(world.folder, 'broken.pem');
    writeFileSync(certificate, 'no certificate');
    const refusal = await refusalOf({ GATEHOUSE_TLS_CERT_FILE: certificate, GATEHOUSE_TLS_KEY_FILE: certificate });
    expect(refusal.match(/gatehouse cannot start/g)).toHaveLength(1);
    expect(refusal).toMatch(/PEM/);
  });
});
