import { expect, test } from 'vitest';
import { createPlaces } from './places.ts';
import type { Lease } from './ports.ts';

test('a key of another scope is another', () => {
  const places = createPlaces({ perKey: 1, total: 0 });
  places.take('a', 'x');
  expect(places.take('a', 'x')).toBe('perKey');
  expect(places.take('b', 'x')).toMatchObject({ ok: true });
});

test('who holds nothing is forgotten in the end, who holds something never', () => {
  const places = createPlaces({ perKey: 1, total: 0 });
  const held = Array.from({ length: 100 }, (_, i) => places.take('held', String(i)) as Lease);
  for (let i = 0; i < 50_000; i++) (places.take('passing', String(i)) as Lease).release();
  expect(places.size()).toBeLessThan(5_000);
  expect(places.taken()).toBe(100);
  for (let i = 0; i < 100; i++) expect(places.take('held', String(i))).toBe('perKey');
  held.forEach((place) => place.release());
  expect(places.take('held', '7')).toMatchObject({ ok: true });
});
