import { expect, test } from 'vitest';
import { describeFuzz, runFuzz } from '../faults/run-fuzz.ts';

/** GATEHOUSE_FUZZ_SEED gives the seed of an earlier run, which it has printed. */
const seed = Number(process.env.GATEHOUSE_FUZZ_SEED ?? Date.now() % 2 ** 31);
const MILLISECONDS = 90_000;

test.each([{ plain: false }, { plain: true }])(
  'no odd upstream or client that no run has seen before does harm (%j)',
  { timeout: 600_000 },
  async ({ plain }) => {
    const result = await runFuzz({ seed, plain, milliseconds: MILLISECONDS });
    console.log(describeFuzz(`odd exchanges (${plain ? 'plain HTTP' : 'TLS'}, seed ${seed})`, result));
    expect(result.problems).toEqual([]);
    expect(result.cases).toBeGreaterThan(1_000);
  },
);
