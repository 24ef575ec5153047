/** One gateway at a time on a SQLite file. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import { startGateway } from '../demo/start-gateway.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { createWorkerWorld, type WorkerWorld } from '../support/worker-world.ts';
import { mkdirSync, statSync, symlinkSync } from 'node:fs';

let world: WorkerWorld;
beforeAll(async () => {
  world = await createWorkerWorld(undefined);
});
afterAll(() => world?.stop());

test.each(['1', '2'])(
  'a second gateway is refused while one of %s worker(s) runs, and starts once that was killed',
  async (workers) => {
    const first = await world.start({ GATEHOUSE_WORKERS: workers });
    const second = async () =>
      await startGateway(
        { ...world.environment, GATEHOUSE_LISTEN_PORT: String(await findFreePort()), GATEHOUSE_METRICS_LISTEN: 'off' },
        join(world.folder, `second-${workers}.log`),
      );
    await expect(second()).rejects.toThrow(
      /gatehouse cannot start: another gateway runs on the database file .*gatehouse\.db; stop it first/,
    );
    // The command works beside it, and leaves the lock alone.
    expect(await runCli(['cluster', 'list'], world.environment)).toMatch(/stub/);
    await expect(second()).rejects.toThrow(/another gateway runs/);
    expect(statSync(join(world.folder, 'data', 'gatehouse.db.lock')).mode & 0o777).toBe(0o600);
    await first.kill();
    const next = await second();
    await next.stop();
    expect(await next.exited).toBe(0);
  },
);

test('a second gateway is refused that reaches the file by a symbolic link', async () => {
  const first = await world.start({ GATEHOUSE_WORKERS: '1' });
  const linked = join(world.folder, 'linked');
  mkdirSync(linked, { mode: 0o700 });
  symlinkSync(join(world.folder, 'data', 'gatehouse.db'), join(linked, 'gatehouse.db'));
  const second = startGateway(
    {
      ...world.environment,
      GATEHOUSE_DATA_DIRECTORY: linked,
      GATEHOUSE_LISTEN_PORT: String(await findFreePort()),
      GATEHOUSE_METRICS_LISTEN: 'off',
    },
    join(world.folder, 'second-linked.log'),
  );
  await expect(second).rejects.toThrow(/another gateway runs/);
  await first.kill();
});
