import { afterAll, beforeAll, expect, test } from 'vitest';
import { streams } from '../bench/sections/streams.ts';
import { startWorld, type World } from '../bench/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(() => {}, ['upstream', 'watcher']);
});
afterAll(() => world?.stop());

/** `npm test` has the first of them (bench-ratios.test.ts), held to five times its limit. */
test('exec, upload by exec and port-forward carry every byte, beside kubectl proxy and direct', async () => {
  const options = { rounds: 1, seconds: 1, only: undefined, cpuProfileDirectory: undefined };
  const { results, text, voids } = await streams.measure(world, options);
  console.log(text);
  expect(voids).toEqual([]);
  const ratios = Object.values(results.ratios?.exec ?? {});
  expect(ratios).toHaveLength(6);
  expect(ratios.filter((ratio) => !(ratio > 0.9 / 5))).toEqual([]);
});
