import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSoak } from '../soak/run-soak.ts';
import { startSoakWorld, type SoakWorld } from '../soak/start-soak-world.ts';
import { inMib } from '../support/read-memory.ts';

/** `npm run soak` is an hour of it. */
const SECONDS = 120;

let world: SoakWorld;
beforeAll(async () => {
  world = await startSoakWorld((line) => console.log(line));
});
afterAll(() => world?.stop());

test('memory and descriptors stay flat through two minutes of mixed load that presses', async () => {
  const { done, problems } = await runSoak({
    target: world.target,
    gateway: world.gateway,
    seconds: SECONDS,
    pauses: 1,
    onSample: ({ atSeconds, descriptors, live }) => {
      if (live) console.log(`${atSeconds} s: ${inMib(live.used)} MiB in use, ${descriptors} descriptors`);
    },
  });
  console.log(JSON.stringify(done));
  expect(problems).toEqual([]);
});
