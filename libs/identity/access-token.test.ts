import { expect, test } from 'vitest';
import { createAccessToken, isAccessToken } from './access-token.ts';

test('a token that is mistyped, cut off or of another make is none', () => {
  const good = 'gth_0123456789ABCDEFGHIJKLMNOPQ000000';
  for (const wrong of ['', 'gth_', good, `${createAccessToken()}0`, createAccessToken().slice(0, -1)])
    expect(isAccessToken(wrong)).toBe(false);
  const token = createAccessToken();
  const other = token.at(-1) === '0' ? '1' : '0';
  expect(isAccessToken(`${token.slice(0, -1)}${other}`)).toBe(false);
});

test('a token of an earlier version is still one', () => {
  expect(isAccessToken('gth_0123456789ABCDEFGHIJKLMNOPQ2Fyy18')).toBe(true);
});

test('a new token is one, and no two are alike', () => {
  const tokens = Array.from({ length: 100 }, createAccessToken);
  expect(tokens.every(isAccessToken)).toBe(true);
  expect(new Set(tokens).size).toBe(100);
});
