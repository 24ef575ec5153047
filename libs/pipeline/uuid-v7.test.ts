import { expect, test } from 'vitest';
import { uuidV7 } from './uuid-v7.ts';

test('no two are the same, over many fillings of the pool, and each is a UUIDv7 of its time', () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const ids = Array.from({ length: 20_000 }, () => uuidV7(nowMs));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const id of ids) expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(nowMs);
});

test('a later one sorts behind an earlier one', () => {
  const ids = Array.from({ length: 100 }, (_, i) => uuidV7(1_700_000_000_000 + i));
  expect(ids.toSorted()).toEqual(ids);
});

test('every random bit takes both values', () => {
  const seen = Array.from({ length: 32 }, () => new Set<string>());
  for (let i = 0; i < 2_000; i++) [...uuidV7(0).replaceAll('-', '')].forEach((digit, at) => seen[at]?.add(digit));
  const sizes = seen.map((digits) => digits.size);
  // Twelve digits of time, one of version; the variant leaves two bits of its digit.
  expect(sizes.slice(0, 13)).toEqual(Array.from({ length: 13 }, () => 1));
  expect(sizes.slice(13)).toEqual([16, 16, 16, 4, ...Array.from({ length: 15 }, () => 16)]);
});
