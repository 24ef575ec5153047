import { expect, it } from 'vitest';
import { readWarnings } from './read-warnings.ts';

it.each<[string | null, string[]]>([
  [null, []],
  ['', []],
  ['199 - "old"', []],
  ['299 - "one"', ['one']],
  ['299 - "one, and 299", 299 - "\\"two\\" \\\\"', ['one, and 299', '"two" \\']],
])('the warnings in %j are %j', (header, expected) => {
  expect(readWarnings(header)).toEqual(expected);
});
