/** Fifty `kill -9` in each setup; the short form is in test/integration. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KILL_SETUPS, startKillWorld, type KillWorld } from '../support/kill-gateways.ts';

const KILLS = 50;

let world: KillWorld;
beforeAll(async () => {
  world = await startKillWorld((line) => console.log(line));
});
afterAll(() => world?.stop());

test.each(KILL_SETUPS)(
  'every write and every read of a Secret that reached the API server has its record after fifty kills: $engine, workers: $workers',
  async (setup) => {
    const totals = await world.run(setup, KILLS);
    console.log(`${setup.engine}, workers ${setup.workers}: ${JSON.stringify(totals)}`);
    expect(totals.missing).toEqual([]);
    expect(totals.writes).toBeGreaterThan(1_000);
    expect(totals.secretReads).toBeGreaterThan(200);
    expect(totals.open).toBe(0);
  },
  1_800_000,
);
