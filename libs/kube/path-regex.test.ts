import { expect, it } from 'vitest';
import { mayBeTried, readPathRegex } from './path-regex.ts';

const matches = (regex: string, path: string): boolean => {
  const read = readPathRegex(regex);
  if (typeof read === 'string') throw new Error(read);
  return read.matches(path);
};

it.each(['', '(', '(?=x)', '(a)\\1', 'a{1001}', '(a{100}){100}', 'x{1000}'.repeat(3), 'a'.repeat(501), '\\C'])(
  'the path regex %j is refused',
  (regex) => {
    expect(typeof readPathRegex(regex)).toBe('string');
  },
);
it('a path regex matches the whole path', () => {
  expect([matches('/api', '/api'), matches('/api', '/apis'), matches('api', '/api'), matches('/a.*', '/a/b')]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(matches('/a.*', '/a\n/b')).toBe(true);
});
it('a path regex that holds up other engines for years takes milliseconds', () => {
  const started = performance.now();
  expect(matches('/(x+x+)+y', `/${'x'.repeat(2000)}`)).toBe(false);
  expect(matches('/(x*)*(x*)*(x*)*y', `/${'x'.repeat(2000)}`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
  expect([mayBeTried(`/${'x'.repeat(2047)}`), mayBeTried(`/${'x'.repeat(2048)}`)]).toEqual([true, false]);
});
