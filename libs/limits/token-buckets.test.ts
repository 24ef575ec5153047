import { expect, test } from 'vitest';
import { createTokenBuckets } from './token-buckets.ts';

test('gives a burst, then what time brings, and says how long to wait', () => {
  const buckets = createTokenBuckets({ burst: 3, perMinute: 60, maxKeys: 10 });
  expect([1, 2, 3, 4].map(() => buckets.take('a', 0))).toEqual([0, 0, 0, 1000]);
  expect(buckets.take('a', 400)).toBe(600);
  expect(buckets.take('a', 1000)).toBe(0);
  expect(buckets.take('a', 1000)).toBe(1000);
});

test('one key takes nothing from another', () => {
  const buckets = createTokenBuckets({ burst: 1, perMinute: 1, maxKeys: 10 });
  buckets.take('a', 0);
  expect(buckets.take('a', 0)).toBeGreaterThan(0);
  expect(buckets.take('b', 0)).toBe(0);
});

test('never holds more than the burst, however long nobody asks', () => {
  const buckets = createTokenBuckets({ burst: 2, perMinute: 60, maxKeys: 10 });
  buckets.take('a', 0);
  expect([1, 2, 3].map(() => buckets.take('a', 86_400_000))).toEqual([0, 0, 1000]);
});

test('a clock that is set back neither gives nor takes', () => {
  const buckets = createTokenBuckets({ burst: 1, perMinute: 60, maxKeys: 10 });
  buckets.take('a', 10_000);
  expect(buckets.take('a', 0)).toBe(1000);
  expect(buckets.take('a', 1000)).toBe(0);
});

test('a rate of zero never fills up again', () => {
  const buckets = createTokenBuckets({ burst: 1, perMinute: 0, maxKeys: 10 });
  buckets.take('a', 0);
  expect(buckets.take('a', 1e12)).toBe(Infinity);
});

test('remembers a bounded number of keys, and forgets the one that came first', () => {
  const buckets = createTokenBuckets({ burst: 1, perMinute: 0, maxKeys: 3 });
  for (const key of ['a', 'b', 'c', 'd']) buckets.take(key, 0);
  expect(buckets.size()).toBe(3);
  expect(buckets.take('d', 0)).toBe(Infinity);
  expect(buckets.take('a', 0)).toBe(0);
});
