/** A disk that is full below a gateway of two workers: the log names the cause, and no record is lost with a worker. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import { observeDisk, type TestDisk } from '../support/disk/disk.ts';
import { runSql } from '../support/run-sql.ts';
import { connectToWorker, readWorkerPids } from '../support/worker-clients.ts';
import { createWorkerWorld, type WorkerWorld } from '../support/worker-world.ts';

let world: WorkerWorld;
let disk: TestDisk;
beforeAll(async () => {
  world = await createWorkerWorld(undefined);
  mkdirSync(join(world.folder, 'data'), { recursive: true });
  disk = observeDisk(join(world.folder, 'data'));
});
afterAll(async () => {
  await world?.stop();
  disk?.remove();
});

test('the log says that the disk is full; what a worker had sent that was killed meanwhile is saved when it is not', async () => {
  const gateway = await world.start(disk.environment);
  const connection = connectToWorker(world);
  await connection.send('/version');
  // Otherwise this record fails first, and the worker is killed before it hands the next one over.
  const saved = "SELECT audit_id FROM audit_events WHERE request_uri = '/version'";
  const sqlitePath = join(world.folder, 'data', 'gatehouse.db');
  await expect.poll(() => runSql({ sqlitePath }, saved), { timeout: 10_000 }).toHaveLength(1);
  disk.fail('write', 'ENOSPC');
  await connection.send('/api/v1/namespaces/full/pods');
  const failed =
    /"message":"audit records not saved; trying again","worker":(\d),"error":"[^"]*the disk is full: [^"]*\(SQLITE_FULL\)"/;
  await expect.poll(gateway.readLog, { timeout: 10_000 }).toMatch(failed);
  const [, worker = ''] = failed.exec(gateway.readLog()) ?? [];
  connection.close();
  process.kill(readWorkerPids(gateway.readLog()).get(worker) as number, 'SIGKILL');
  await expect.poll(gateway.readLog, { timeout: 10_000 }).toMatch(/"a worker ended"/);
  disk.repair();
  await expect.poll(() => readWorkerPids(gateway.readLog()).has('3'), { timeout: 20_000 }).toBe(true);
  await gateway.stop();
  expect(await gateway.exited).toBe(0);
  const listed = await runCli(['audit', 'list', '--namespace', 'full', '-o', 'json'], world.environment);
  const { items } = JSON.parse(listed) as { items: { requestURI: string }[] };
  expect(items.map(({ requestURI }) => requestURI)).toEqual(['/api/v1/namespaces/full/pods']);
});
