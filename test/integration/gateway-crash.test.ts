/** Exceptions that nothing catches, and a database thread that dies: planted by a program that is loaded first. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import type { RunningGateway } from '../demo/start-gateway.ts';
import { connectToWorker, openWatch, readWorkerPids } from '../support/worker-clients.ts';
import { createWorkerWorld, type WorkerWorld } from '../support/worker-world.ts';

const PLANTED = `
  import threads, { isMainThread } from 'node:worker_threads';
  import { syncBuiltinESMExports } from 'node:module';
  if (isMainThread) {
    process.on('SIGUSR2', () => { throw new Error('planted', { cause: new Error('the cause with gth_secret') }); });
    process.on('SIGHUP', () => { Promise.reject(new Error('planted rejection')); });
    const made = [];
    threads.Worker = class extends threads.Worker {
      constructor(file, options) {
        super(file, options);
        made.push([options.name, this]);
      }
    };
    syncBuiltinESMExports();
    const kill = (name) => made.filter(([one]) => one === name).forEach(([, thread]) => thread.terminate());
    process.on('SIGWINCH', () => kill('gatehouse-store'));
    process.on('SIGURG', () => kill('gatehouse-auditReader'));
  }`;

let world: WorkerWorld;
let environment: Record<string, string>;
beforeAll(async () => {
  world = await createWorkerWorld(undefined);
  const planted = join(world.folder, 'planted.mjs');
  writeFileSync(planted, PLANTED);
  // Records still wait in the queue when the process crashes.
  environment = { NODE_OPTIONS: `--import=${planted}`, GATEHOUSE_AUDIT_FLUSH_INTERVAL_MILLISECONDS: '1000' };
});
afterAll(() => world?.stop());

const start = (workers: number): Promise<RunningGateway> =>
  world.start({ ...environment, GATEHOUSE_WORKERS: String(workers) });
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
async function stagesOf(namespace: string): Promise<string[]> {
  const args = ['audit', 'list', '--namespace', namespace, '--limit', '1000', '-o', 'json'];
  const { items } = JSON.parse(await runCli(args, world.environment)) as { items: { stage: string }[] };
  return items.map(({ stage }) => stage);
}
const COMPLETE = Array.from({ length: 21 }, () => 'ResponseComplete');

/** Twenty requests and a watch, then the signal. */
async function crash(pid: number, namespace: string, signal: NodeJS.Signals): Promise<void> {
  const watch = await openWatch(world, namespace);
  const connection = connectToWorker(world);
  for (let at = 0; at < 20; at += 1) await connection.send(`/api/v1/namespaces/${namespace}/pods`);
  process.kill(pid, signal);
  await watch.ended;
  connection.close();
}

describe('an uncaught exception', () => {
  test.each([
    ['thrown', 'SIGUSR2', /Error: planted\\n.*the cause with \[redacted\]/],
    ['of a promise', 'SIGHUP', /unhandledRejection.*Error: planted rejection\\n/],
  ] as const)(
    '%s ends the only process with its own code, its cause in the log, and every record saved',
    async (what, signal, logged) => {
      const gateway = await start(1);
      const namespace = `crash-${what.replace(/ /g, '-')}`;
      await crash(gateway.pid, namespace, signal);
      expect(await gateway.exited).toBe(70);
      expect(gateway.readLog()).toMatch(logged);
      expect(gateway.readLog()).not.toMatch(/gth_secret|not saved/);
      expect(await stagesOf(namespace)).toEqual(COMPLETE);
    },
  );

  test('of a worker ends that worker, another is started, and nothing is lost; of the supervisor it ends all', async () => {
    const gateway = await start(2);
    const first = readWorkerPids(gateway.readLog());
    const watch = await openWatch(world, 'crash-worker');
    process.kill(first.get('1') as number, 'SIGUSR2');
    await expect.poll(() => readWorkerPids(gateway.readLog()).has('3'), { timeout: 15_000 }).toBe(true);
    expect(gateway.readLog()).toMatch(/"message":"a worker ended","worker":1,"pid":\d+,"how":"ended with code 70"/);
    const pids = [...readWorkerPids(gateway.readLog())].filter(([worker]) => worker !== '1').map(([, pid]) => pid);
    await crash(gateway.pid, 'crash-supervisor', 'SIGUSR2');
    expect(await gateway.exited).toBe(70);
    expect(pids.filter(isAlive)).toEqual([]);
    await watch.ended;
    expect(await stagesOf('crash-supervisor')).toEqual(COMPLETE);
    expect(await stagesOf('crash-worker')).toEqual(['ResponseComplete']);
    expect(gateway.readLog()).not.toMatch(/not saved|not drained/);
  });
});

describe('the database thread', () => {
  test.each([1, 2])('that dies ends a gateway of %i worker(s), with the reason', async (workers) => {
    const gateway = await start(workers);
    const pids = [...readWorkerPids(gateway.readLog()).values()];
    const killedAt = Date.now();
    process.kill(gateway.pid, 'SIGWINCH');
    expect(await gateway.exited).toBe(1);
    expect(Date.now() - killedAt).toBeLessThan(8_000);
    expect(gateway.readLog()).toMatch(/"the gateway cannot go on","error":"the database thread ended/);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('that only reads the audit log is replaced at the next read', async () => {
    const gateway = await start(1);
    const connection = connectToWorker(world);
    const read = async () =>
      (await connection.send('/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/auditevents')).status;
    expect(await read()).toBe(200);
    process.kill(gateway.pid, 'SIGURG');
    await expect.poll(gateway.readLog).toMatch(/the thread that reads the audit log ended/);
    expect(await read()).toBe(200);
    connection.close();
    await gateway.stop();
    expect(await gateway.exited).toBe(0);
  });
});
