import { describe, expect, test } from 'vitest';
import { compileExpression, type CelType, type CelVariables } from './compile-expression.ts';
import { literalPrefix, mentions } from './read-expression.ts';

const NAMES: readonly CelType[] = ['string', 'list<string>'];
function compile(source: string, types: readonly CelType[] = NAMES, variable: CelVariables = 'claims') {
  const compiled = compileExpression(source, variable, types);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.problem}`);
  return compiled.expression;
}
const problemOf = (source: string, types: readonly CelType[] = NAMES, variable: CelVariables = 'claims') => {
  const compiled = compileExpression(source, variable, types);
  return compiled.ok ? 'accepted' : compiled.problem;
};

describe('an expression is refused when it', () => {
  test.each([
    ['is empty', ' ', 'must not be empty'],
    ['does not parse', 'claims.', ''],
    ['speaks of what is not there', 'user.username', 'Unknown variable'],
    ['gives another type', '1 + 1', 'not int'],
    ['uses a function outside the subset', "timestamp('2026-01-01T00:00:00Z') == null", 'timestamp is not supported'],
    ['uses a method outside the subset', 'claims.x.json()', 'json is not supported'],
    ['computes a pattern', 'claims.a.matches(claims.b) ? "x" : "y"', 'written out'],
    ['holds a pattern that is not linear', "claims.a.matches('(a)\\\\1') ? 'x' : 'y'", 'no RE2'],
    ['nests three loops', 'claims.a.map(x, claims.b.map(y, claims.c.map(z, z)))', 'nested'],
    ['is longer than 4096 characters', `'${'a'.repeat(4096)}'`, 'longer'],
    ['has more than 500 nodes', Array.from({ length: 600 }, () => '"a"').join(' + '), ''],
  ])('%s', (_what, source, words) => {
    expect(problemOf(source)).not.toBe('accepted');
    expect(problemOf(source)).toContain(words);
  });

  test('answers another type than a rule may', () => {
    expect(problemOf('claims.groups.size()', ['bool'])).toContain('must give bool');
    expect(problemOf("user.username + 'x'", ['bool'], 'user')).toContain('must give bool');
    expect(problemOf('user.nothing == 1', ['bool'], 'user')).not.toBe('accepted');
  });
});

describe('an expression is evaluated', () => {
  test.each([
    ["'kc:' + claims.sub", { sub: 'a' }, 'kc:a'],
    ['claims.realm_access.roles', { realm_access: { roles: ['x', 'y'] } }, ['x', 'y']],
    ["claims.roles.filter(r, r.startsWith('k8s-')).map(r, 'kc:' + r)", { roles: ['k8s-a', 'b'] }, ['kc:k8s-a']],
    ["claims.groups.split(',')", { groups: 'a,b' }, ['a', 'b']],
    ['claims.?groups.orValue([])', {}, []],
    ['has(claims.groups) ? claims.groups : []', {}, []],
    ["claims['https://example.com/groups']", { 'https://example.com/groups': ['g'] }, ['g']],
    ['claims.email.lowerAscii()', { email: 'A@B.example' }, 'a@b.example'],
    ["claims.sub.matches('^a+$') ? 'yes' : 'no'", { sub: 'aaa' }, 'yes'],
    ["claims.a.map(x, claims.b.exists(y, y == x) ? x : '')", { a: ['1', '2'], b: ['2'] }, ['', '2']],
  ])('%s', (source, claims, value) => {
    expect(compile(source).evaluate(claims)).toEqual({ ok: true, value });
  });

  test.each([
    ['an absent claim', 'claims.groups', {}],
    ['a claim of the wrong type', "'a' + claims.sub", { sub: 1 }],
    ['a list that holds something else', 'claims.groups', { groups: ['a', 1] }],
    ['a claim that is a map', 'claims.groups', { groups: { a: 1 } }],
    ['what every object of the language has', 'claims.constructor', {}],
    ['what every object of the language inherits', 'claims.__proto__', {}],
  ])('to a problem and no throw for %s', (_what, source, claims) => {
    expect(compile(source).evaluate(claims).ok).toBe(false);
  });

  test('in linear time, whatever the claim', () => {
    const expression = compile("claims.sub.matches('^(a+)+$') ? 'yes' : 'no'");
    const startedAt = performance.now();
    expect(expression.evaluate({ sub: `${'a'.repeat(10_000)}!` })).toEqual({ ok: true, value: 'no' });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('over a user, whose fields have types', () => {
    const rule = compile("!user.username.startsWith('system:') && user.groups.all(g, g != 'x')", ['bool'], 'user');
    expect(rule.evaluate({ username: 'a', uid: '', groups: ['b'], extra: {} })).toEqual({ ok: true, value: true });
    expect(rule.evaluate({ username: 'a', uid: '', groups: ['x'], extra: {} })).toEqual({ ok: true, value: false });
  });
});

describe('an expression is read', () => {
  test.each([
    ["'kc:' + claims.sub", 'kc:'],
    ["'a:' + 'b' + claims.sub", 'a:'],
    ["claims.roles.map(r, 'kc:' + r)", 'kc:'],
    ["has(claims.a) ? 'x:' + claims.a : 'x:' + claims.b", 'x:'],
    ["has(claims.a) ? 'x:' + claims.a : claims.b", ''],
    ['claims.sub', ''],
  ])('for the literal prefix of %s', (source, prefix) => {
    expect(literalPrefix(compile(source).ast)).toBe(prefix);
  });

  test.each(['claims.email', "claims['email']", 'claims.?email.orValue("")', 'has(claims.email) ? "a" : "b"'])(
    'for the claim that %s mentions',
    (source) => {
      expect(mentions(compile(source).ast, 'claims', 'email')).toBe(true);
      expect(mentions(compile(source).ast, 'claims', 'email_verified')).toBe(false);
    },
  );
});
