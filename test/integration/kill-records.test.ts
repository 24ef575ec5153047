/** `kill -9` in the middle of a load: what reached the API server is in the log. The long form is in test/long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KILL_SETUPS, startKillWorld, type KillWorld } from '../support/kill-gateways.ts';

let world: KillWorld;
beforeAll(async () => {
  world = await startKillWorld((line) => console.log(line));
});
afterAll(() => world?.stop());

test.each(KILL_SETUPS)(
  'every write and every read of a Secret that reached the API server has its record: $engine, workers: $workers',
  async (setup) => {
    const totals = await world.run(setup, 3);
    console.log(`${setup.engine}, workers ${setup.workers}: ${JSON.stringify(totals)}`);
    expect(totals.missing).toEqual([]);
    // There was something to lose.
    expect(totals.writes).toBeGreaterThan(100);
    expect(totals.secretReads).toBeGreaterThan(20);
    expect(totals.open).toBe(0);
  },
  180_000,
);
