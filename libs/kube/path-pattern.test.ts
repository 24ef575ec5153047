import { expect, it } from 'vitest';
import { meetsGlob, readPathPattern } from './path-pattern.ts';

it('a path pattern says what is wrong with it', () => {
  for (const bad of [
    '',
    'api/v1',
    '*',
    '**',
    '/a/***',
    '/a**/x',
    '/a/**b',
    '/a/**/**',
    '/a?x=1',
    '/a#b',
    `/${'a'.repeat(2048)}`,
  ])
    expect([bad, typeof readPathPattern(bad)]).toEqual([bad, 'string']);
});
it('a path pattern is split into literal and free segments', () => {
  expect(readPathPattern('/api/*/web-*/**/x')).toEqual([
    { kind: 'literal', text: 'api' },
    { kind: 'any' },
    { kind: 'glob', pieces: ['web-', ''] },
    { kind: 'deep' },
    { kind: 'literal', text: 'x' },
  ]);
  expect(readPathPattern('/**')).toEqual([{ kind: 'deep' }]);
  expect(readPathPattern('/a/')).toEqual([
    { kind: 'literal', text: 'a' },
    { kind: 'literal', text: '' },
  ]);
});
it('a glob is anchored at both ends of its segment', () => {
  for (const [glob, segment] of [
    ['web-*', 'xweb-1'],
    ['*-web', 'web'],
    ['a*a', 'a'],
    ['a*b*c', 'acb'],
    ['ab*ba', 'aba'],
    ['a*bc*c', 'abc'],
  ] as const)
    expect([glob, segment, meetsGlob(glob.split('*'), segment)]).toEqual([glob, segment, false]);
  for (const [glob, segment] of [
    ['web-*', 'web-'],
    ['*-web', 'a-b-web'],
    ['a*a', 'aa'],
    ['a*b*c', 'aXbbYc'],
    ['a*bc*c', 'abcc'],
  ] as const)
    expect([glob, segment, meetsGlob(glob.split('*'), segment)]).toEqual([glob, segment, true]);
});
it('a glob of many stars is tried once from left to right', () => {
  const started = performance.now();
  expect(meetsGlob([...Array.from({ length: 500 }, () => 'a'), 'b'], 'a'.repeat(60_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
