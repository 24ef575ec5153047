import { expect, test } from 'vitest';
import { warningHeader } from './warning-header.ts';

test('a warning is one quoted line of ASCII, whatever is in it', () => {
  expect(warningHeader('a\r\nSet-Cookie: x\u2028\u00e4')).toBe('299 - "a??Set-Cookie: x??"');
  expect(warningHeader('the server\u2019s "x" \\')).toBe('299 - "the server\'s \\"x\\" \\\\"');
});
