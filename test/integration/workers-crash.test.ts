/** A worker that is killed takes with it what ran on it, and nothing else. */
import { beforeAll, expect, test } from 'vitest';
import type { RunningGateway } from '../demo/start-gateway.ts';
import { describeWorkers } from '../support/describe-workers.ts';
import {
  connectToEach,
  connectToWorker,
  countRecords,
  openWatch,
  readAuditEvent,
  readWorkerPids,
  servedBy,
  type OpenWatch,
  type WorkerConnection,
} from '../support/worker-clients.ts';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeWorkers('a gateway whose processes are killed', (suite) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await suite.world.start();
  });

  test('the streams of a killed worker end, those of the other go on, a new one comes, and nothing that was promised is lost', async () => {
    const { world } = suite;
    const connections = await connectToEach(world, ['1', '2'], 2);
    const [survivor, other] = connections.get('2') as [WorkerConnection, WorkerConnection];
    const [doomed] = connections.get('1') as [WorkerConnection];
    const watches = new Map<string, OpenWatch[]>([
      ['1', []],
      ['2', []],
    ]);
    while ([...watches.values()].some((list) => list.length < 3)) {
      const watch = await openWatch(world, 'crash');
      watches.get(await servedBy(survivor, watch.auditId))?.push(watch);
    }
    const ofDead = watches.get('1') as OpenWatch[];
    const ofLiving = watches.get('2') as OpenWatch[];

    // In the middle of a burst over both.
    let answered = 0;
    const over = new AbortController();
    const burst = async (connection: WorkerConnection): Promise<void> => {
      while (!over.signal.aborted) {
        await connection.send('/api/v1/namespaces/burst/pods');
        if (connection === other) answered += 1;
      }
    };
    const bursts = Promise.allSettled([burst(other), burst(doomed)]);
    await new Promise((wake) => setTimeout(wake, 200));
    const killedAt = Date.now();
    process.kill(readWorkerPids(gateway.readLog()).get('1') as number, 'SIGKILL');
    await Promise.all(ofDead.map((watch) => watch.ended));
    expect(Date.now() - killedAt).toBeLessThan(1_000);

    await expect.poll(() => readWorkerPids(gateway.readLog()).has('3'), { timeout: 15_000 }).toBe(true);
    over.abort();
    expect((await bursts).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(gateway.readLog()).toMatch(/"message":"a worker ended","worker":1,"pid":\d+,"how":"was ended by SIGKILL"/);

    const before = ofLiving.map((watch) => watch.events());
    world.upstream.sendEvent();
    await expect.poll(() => ofLiving.map((watch) => watch.events())).toEqual(before.map((events) => events + 1));
    await expect.poll(() => world.upstream.openWatches()).toBe(ofLiving.length);

    const [fresh] = (await connectToEach(world, ['3'], 1)).get('3') as [WorkerConnection];
    expect((await fresh.send('/api/v1/namespaces/crash/pods')).status).toBe(200);
    expect((await countRecords(survivor, 'burst')).get('2')).toBe(answered);
    for (const watch of ofDead) {
      const read = async () => await readAuditEvent(survivor, watch.auditId);
      await expect.poll(async () => (await read()).stage).toBe('Panic');
      expect((await read()).annotations).toMatchObject({
        'gatehouse.dev/aborted': 'gateway',
        'gatehouse.dev/decision': 'allow',
        'gatehouse.dev/duration-ms': expect.stringMatching(/^\d+$/),
      });
    }
    for (const watch of ofLiving) expect((await readAuditEvent(survivor, watch.auditId)).stage).toBe('ResponseStarted');
  });

  test('when the supervisor is killed its workers end by themselves, and the next gateway marks what they had open', async () => {
    const { world } = suite;
    const pids = [...readWorkerPids(gateway.readLog())].filter(([, pid]) => isAlive(pid)).map(([, pid]) => pid);
    expect(pids).toHaveLength(2);
    const watch = await openWatch(world, 'orphan');
    await gateway.kill();
    await watch.ended;
    await expect.poll(() => pids.filter(isAlive), { timeout: 15_000 }).toEqual([]);
    gateway = await world.start();
    const connection = connectToWorker(world);
    // With PostgreSQL the worker could still write how the watch ended.
    await expect
      .poll(async () => (await readAuditEvent(connection, watch.auditId)).stage, { timeout: 10_000 })
      .toMatch(/^(Panic|ResponseComplete)$/);
    connection.close();
  });
});
