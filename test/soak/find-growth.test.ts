import { expect, it } from 'vitest';
import { findGrowth, findSlopes, type Sample } from './find-growth.ts';

const MIB = 1024 * 1024;
const samples = (count: number, of: (index: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    atSeconds: index,
    rssBytes: 200 * MIB,
    descriptors: 100,
    ...of(index),
  }));

it('finds memory that grows all the time', () => {
  expect(findGrowth(samples(40, (index) => ({ rssBytes: (200 + index * 4) * MIB })))[0]).toMatch(/memory grew/);
});

it('finds descriptors that are never closed', () => {
  expect(findGrowth(samples(40, (index) => ({ descriptors: 100 + index * 3 })))).toEqual([
    'open descriptors grew from 157 to 199',
  ]);
});

it('finds what is held for ever while resident memory hides it', () => {
  const leaking = samples(40, (index) => (index % 13 === 0 ? { heldBytes: (80 + index) * MIB } : {}));
  expect(findGrowth(leaking)).toEqual(['what is held after a collection grew from 93.0 to 119.0 MiB']);
  expect(findGrowth(samples(40, (index) => ({ heldBytes: (90 + (index % 3)) * MIB })))).toEqual([]);
});

it('does not judge by a handful of samples', () => {
  expect(findGrowth(samples(8, () => ({})))).toHaveLength(1);
});

it('lets warming up, single peaks and what falls again pass', () => {
  expect(findGrowth(samples(40, (index) => ({ rssBytes: Math.min(100 + index * 20, 300) * MIB })))).toEqual([]);
  expect(findGrowth(samples(40, (index) => ({ descriptors: index === 35 ? 900 : 100 })))).toEqual([]);
  expect(findGrowth(samples(40, (index) => ({ rssBytes: (400 - index * 4) * MIB })))).toEqual([]);
});

it('gives the slopes of what came after the warming up', () => {
  const slopes = findSlopes(samples(40, (index) => ({ rssBytes: Math.max(index, 13) * MIB })));
  expect(slopes.rssMibPerHour).toBeCloseTo(3600, 0);
  expect(slopes.descriptorsPerHour).toBe(0);
});
