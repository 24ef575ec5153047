import { expect, it } from 'vitest';
import { readPathPattern } from './path-pattern.ts';

it('a path pattern says what is wrong with it', () => {
  for (const bad of ['', 'api/v1', '*', '**', '/a/**/b', '/a/b*', '/a/***', '/web-*/x', '/a?x=1', '/a#b'])
    expect([bad, typeof readPathPattern(bad)]).toEqual([bad, 'string']);
});
it('a path pattern is split into literal and free segments', () => {
  expect(readPathPattern('/api/*/pods')).toEqual({ segments: ['api', undefined, 'pods'], rest: false });
  expect(readPathPattern('/api/**')).toEqual({ segments: ['api'], rest: true });
  expect(readPathPattern('/**')).toEqual({ segments: [], rest: true });
  expect(readPathPattern('/a/')).toEqual({ segments: ['a', ''], rest: false });
});
