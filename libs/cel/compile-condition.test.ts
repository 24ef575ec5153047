import { describe, expect, test } from 'vitest';
import { compileCondition } from './compile-condition.ts';

const problemOf = (source: string): string => {
  const compiled = compileCondition(source);
  return compiled.ok ? 'accepted' : compiled.problem;
};

describe('a condition is refused when it', () => {
  test.each([
    ['gives no yes or no', "claims.sub + 'x'", 'must give bool'],
    ['looks at an address that nobody verified', "claims.email.endsWith('@example.com')", 'claims.email_verified'],
    ['builds lists', "claims.groups.map(g, g + g).exists(g, g == 'x')", 'map'],
    ['loops over the claims in a loop', "claims.a.exists(x, claims.b.exists(y, y == 'z'))", 'exists over'],
    ['searches the claims in a loop', 'claims.a.exists(x, x in claims.b)', 'inside a loop in '],
    ['searches a text of the claims in a loop', "claims.a.exists(x, claims.b.contains('z'))", 'contains'],
    ['joins the claims in a loop', "claims.a.exists(x, x + claims.b == 'z')", 'inside a loop +'],
    ['compares the claims with themselves in a loop', 'claims.a.exists(x, claims.b == claims.c)', 'inside a loop =='],
    ['measures the claims in a loop', 'claims.a.exists(x, size(claims.b) > 3)', 'size'],
    ['searches an outer element in a loop', 'claims.a.exists(x, x.b.exists(y, y in x.c))', 'inside a loop in '],
    [
      'hides the claims behind a variable of their name',
      'claims.a.exists(claims, claims.exists(y, y in claims))',
      ' in ',
    ],
  ])('%s', (_what, source, words) => {
    expect(problemOf(source)).toContain(words);
  });
});

describe('a condition is asked', () => {
  test.each<[string, object, boolean]>([
    ["claims.department == 'ops'", { department: 'ops' }, true],
    ["'ops' in claims.realm_access.roles", { realm_access: { roles: ['dev', 'ops'] } }, true],
    ["claims.?department.orValue('') == 'ops'", {}, false],
    ["has(claims.department) && claims.department != 'ops'", {}, false],
    ["claims.groups.split(',').exists(g, g.startsWith('k8s-'))", { groups: 'a,k8s-b' }, true],
    ['claims.groups.exists(g, g == claims.team)', { groups: ['a', 'b'], team: 'b' }, true],
    [
      "claims.orgs.exists(o, o.id == claims.org && o.roles.exists(r, r == 'admin'))",
      { org: 1, orgs: [{ id: 1, roles: ['admin'] }] },
      true,
    ],
    [
      "claims.?email_verified.orValue(false) && claims.email.endsWith('@example.com')",
      { email: 'a@example.com', email_verified: true },
      true,
    ],
  ])('%s', (source, claims, value) => {
    const compiled = compileCondition(source);
    if (!compiled.ok) throw new Error(compiled.problem);
    expect(compiled.expression.evaluate(claims)).toEqual({ ok: true, value });
  });

  test('in a time that grows as the claims do', () => {
    const compiled = compileCondition(
      "claims.groups.exists(g, g.contains('zz') || g.matches('^(a|b)+c$') || g == claims.team)",
    );
    if (!compiled.ok) throw new Error(compiled.problem);
    const timeOf = (count: number): number => {
      const claims = { team: 'none', groups: Array.from({ length: count }, (_, i) => `group-${i}`) };
      const samples = Array.from({ length: 7 }, () => {
        const startedAt = performance.now();
        expect(compiled.expression.evaluate(claims)).toEqual({ ok: true, value: false });
        return performance.now() - startedAt;
      });
      return Math.min(...samples);
    };
    timeOf(500);
    // Sixteen times the groups: sixteen times the time where it is linear, 256 times where it is not.
    expect(timeOf(8_000) / timeOf(500)).toBeLessThan(80);
  });
});
