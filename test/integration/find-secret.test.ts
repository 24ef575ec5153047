import { expect, test } from 'vitest';
import { findSecret } from '../support/find-secret.ts';

const SECRET = 'eyJhbGciOiJSUzI1NiIs.InR5cCI6IkpXVCJ9-demo_secret';
const around = (text: string): Buffer => Buffer.from(`xx${text}yy`, 'latin1');

test('a secret that is too short to be told from chance is refused', () => {
  expect(() => findSecret('short', Buffer.alloc(0))).toThrow('16 bytes');
});

test('nothing is found where nothing leaked', () => {
  expect(findSecret(SECRET, Buffer.from('a perfectly harmless dump of eyJhbGciOi and others'.repeat(50)))).toEqual([]);
});

test.each([
  ['raw', around(SECRET), 'raw'],
  ['as hex', around(Buffer.from(SECRET).toString('hex')), 'hex'],
  ['as upper-case hex', around(Buffer.from(SECRET).toString('hex').toUpperCase()), 'hex'],
  ['as base64', around(Buffer.from(SECRET).toString('base64')), 'base64 shifted 0'],
  ['as base64url', around(Buffer.from(SECRET).toString('base64url')), 'base64url shifted 0'],
  ['as base64 behind one byte', Buffer.from(Buffer.from(`"${SECRET}"`).toString('base64')), 'base64 shifted 1'],
  [
    'as base64 behind two bytes',
    Buffer.from(Buffer.from(`::${SECRET} and more`).toString('base64')),
    'base64 shifted 2',
  ],
  ['cut by a line break', around(`${SECRET.slice(0, 20)}\n${SECRET.slice(20)}`), 'piece at 0'],
  ['as a piece from its middle', around(SECRET.slice(9, 25)), 'piece at 9'],
])('a secret is found %s', (_, haystack, shape) => {
  expect(findSecret(SECRET, haystack)).toContain(shape);
});
