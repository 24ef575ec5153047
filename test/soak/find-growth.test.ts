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

/** Memory is read after a collection in every fifth sample. */
const live = (index: number, used: number, resident: number): Partial<Sample> =>
  index % 5 === 4 ? { live: { used: used * MIB, resident: resident * MIB } } : {};
const flat = (index: number): Partial<Sample> => live(index, 80 + (index % 3), 200);

it('finds memory that is held for ever, while resident memory hides it', () => {
  expect(findGrowth(samples(60, (index) => live(index, 80 + index, 200)))).toEqual([
    'memory in use grew from 114.0 MiB to 134.0 MiB',
  ]);
});

it('finds resident memory that grows beside the heap', () => {
  expect(findGrowth(samples(60, (index) => live(index, 80, 200 + index * 4)))).toEqual([
    'resident memory grew from 336.0 MiB to 416.0 MiB',
  ]);
});

it('finds descriptors that are never closed', () => {
  expect(findGrowth(samples(60, (index) => ({ ...flat(index), descriptors: 100 + index * 3 })))).toEqual([
    'open descriptors grew from 190 to 250',
  ]);
});

it('does not judge where memory was never read after a collection', () => {
  expect(findGrowth(samples(60, () => ({})))).toHaveLength(2);
  expect(findGrowth(samples(8, flat))).toHaveLength(2);
});

it('lets warming up, single peaks, what falls again and garbage pass', () => {
  expect(
    findGrowth(samples(60, (index) => live(index, Math.min(index * 4, 80), Math.min(100 + index * 10, 300)))),
  ).toEqual([]);
  expect(findGrowth(samples(60, (index) => ({ ...flat(index), descriptors: index === 50 ? 900 : 100 })))).toEqual([]);
  expect(findGrowth(samples(60, (index) => live(index, 100 - index / 2, 400 - index * 2)))).toEqual([]);
  expect(findGrowth(samples(60, (index) => ({ ...flat(index), rssBytes: (200 + index * 5) * MIB })))).toEqual([]);
});

it('gives the slopes of what came after the warming up', () => {
  const slopes = findSlopes(samples(40, (index) => ({ rssBytes: Math.max(index, 13) * MIB })));
  expect(slopes.rssMibPerHour).toBeCloseTo(3600, 0);
  expect(slopes.descriptorsPerHour).toBe(0);
});
