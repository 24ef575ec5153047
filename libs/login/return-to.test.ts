import { describe, expect, test } from 'vitest';
import { readReturnTo } from './return-to.ts';

const BASE = 'https://127.0.0.1:8443';

describe('readReturnTo leads home', () => {
  test.each([
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/-/\\evil',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' /-/',
    '/ /evil.example',
    '/\u0000/evil',
    '/é',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    './-/',
    '?x=1',
    '#x',
    '',
    null,
    undefined,
    7,
    ['/-/'],
    `/${'a'.repeat(2048)}`,
  ])('from %j', (value) => {
    expect(readReturnTo(value)).toBe('/-/');
  });
});

describe('readReturnTo', () => {
  test.each([
    '/',
    '/-/',
    '/-/audit?user=bob&x=%2F%2Fevil.example',
    '/clusters/demo/api/v1/pods?limit=5',
    '/-/#top',
    '/a//b',
  ])('goes to %j, which a browser reads as a path of this gateway', (value) => {
    expect(readReturnTo(value)).toBe(value);
    expect(new URL(value, BASE).origin).toBe(BASE);
  });

  test('never gives anything that a browser reads as another origin, whatever is put together', () => {
    const parts = [
      '/',
      '\\',
      '.',
      '@',
      ':',
      '\t',
      '\r',
      '\n',
      ' ',
      '%2f',
      '%5c',
      'https:',
      'evil.example',
      '-',
      '?',
      '#',
      '\u2044',
      '\uff0f',
    ];
    for (const a of parts)
      for (const b of parts)
        for (const c of parts)
          for (const d of parts) {
            const value = a + b + c + d;
            expect(new URL(readReturnTo(value), BASE).origin, JSON.stringify(value)).toBe(BASE);
          }
  });
});
