import { expect, test } from 'vitest';
import { createFairShare } from './fair-share.ts';

test('a key with many items does not keep the others out', () => {
  const share = createFairShare<string>();
  for (let at = 0; at < 1_000; at += 1) share.add('busy', `busy-${at}`);
  share.add('a', 'a-0');
  share.add('b', 'b-0');
  expect(share.take(5)).toEqual(['busy-0', 'a-0', 'b-0', 'busy-1', 'busy-2']);
});

test('the turns go on where they ended, so that nobody is always last', () => {
  const share = createFairShare<string>();
  for (const key of ['a', 'b', 'c']) for (const at of [0, 1]) share.add(key, `${key}-${at}`);
  expect(share.take(2)).toEqual(['a-0', 'b-0']);
  expect([...share.heads()]).toEqual(['c-0', 'a-1', 'b-1']);
  expect(share.take(2)).toEqual(['c-0', 'a-1']);
  expect(share.take(9)).toEqual(['b-1', 'c-1']);
  expect(share.size()).toBe(0);
});

test('items of one key keep their order, also when more come in between', () => {
  const share = createFairShare<number>();
  share.add('a', 1);
  share.add('a', 2);
  expect(share.take(1)).toEqual([1]);
  share.add('a', 3);
  expect(share.take(5)).toEqual([2, 3]);
});
