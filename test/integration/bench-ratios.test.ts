import { afterAll, beforeAll, expect, test } from 'vitest';
import { isMet, TARGETS } from '../bench/report/targets.ts';
import type { Results } from '../bench/results.ts';
import { SECTIONS } from '../bench/sections/all.ts';
import type { SectionOptions } from '../bench/sections/section.ts';
import { startWorld, type World } from '../bench/world.ts';

/**
 * The short form of `npm run bench`, for every run of the tests. A busy machine cannot say whether a ratio holds, but at
 * five times its value it says that something is broken. The real values are printed.
 */
const SLACK = 5;
const SHORT: Omit<SectionOptions, 'only'> = {
  rounds: 1,
  seconds: 1,
  watches: [400],
  cpuProfileDirectory: undefined,
};
const PARTS: readonly (readonly [string, readonly string[]])[] = [
  ['short', ['gatehouse', 'bare', 'kubectl-proxy']],
  ['lists', ['gatehouse', 'haproxy']],
  ['watches', ['gatehouse']],
  ['streams', ['exec']],
  ['discovery', []],
];
const BUSY_MACHINE = 'the bare forwarder took';

let world: World;
beforeAll(async () => {
  world = await startWorld(() => {}, ['upstream', 'watcher']);
});
afterAll(() => world?.stop());

const measured: Results[] = [];

test.each(PARTS)(
  'the %s section of the benchmark counts: nothing failed, and all is in the audit log',
  { timeout: 240_000 },
  async (name, only) => {
    const section = SECTIONS.find((candidate) => candidate.name === name);
    const { results, text, voids } = await (section as (typeof SECTIONS)[number]).measure(world, { ...SHORT, only });
    console.log(text);
    measured.push(results);
    expect(voids.filter((reason) => !reason.includes(BUSY_MACHINE))).toEqual([]);
  },
);

test.each(TARGETS.filter(({ kind }) => kind === 'binding'))('$name is within five times its limit', (target) => {
  const values = measured.flatMap((results) => target.valueOf(results) ?? []);
  console.log(`${target.name}: ${values.join(', ')} (limit ${target.limit}${target.unit})`);
  expect(values).toHaveLength(1);
  expect(isMet(target, values[0] as number, SLACK)).toBe(true);
});
