import { expect, test } from 'vitest';
import { createUserCode, readUserCode, showUserCode } from './codes.ts';

test.each([
  undefined,
  7,
  ['BCDFGHJK'],
  '',
  'BCDF-GHJ',
  'BCDF-GHJKL',
  'ACDF-GHJK',
  'BCDF-GHJ1',
  'ΒCDF-GHJK',
  'BCDFGHJK'.repeat(9),
])('%j is no code', (typed) => {
  expect(readUserCode(typed)).toBeUndefined();
});

test.each(['BCDF-GHJK', 'bcdf-ghjk', ' bcdfghjk ', 'B C D F G H J K', 'bcdf–ghjk'])('%j is one', (typed) => {
  expect(readUserCode(typed)).toBe('BCDFGHJK');
});

test('a code that is made can be typed as it is shown, and uses every letter sooner or later', () => {
  const codes = Array.from({ length: 500 }, createUserCode);
  for (const code of codes) expect(readUserCode(showUserCode(code))).toBe(code);
  expect(new Set(codes.join('')).size).toBe(20);
  expect(new Set(codes).size).toBe(500);
});
