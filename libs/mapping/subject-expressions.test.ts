import { describe, expect, it } from 'vitest';
import { compileMappings, compileMappingsInSteps, type RunSteps } from './compile-mappings.ts';
import type { MappingInput, Subject } from './mapping-input.ts';
import { resolveGrant } from './resolve-grant.ts';
import { mapping, noTokens, person, resolve } from './testdata/people.ts';

const by = (name: string, subject: Partial<Subject>, clusters = ['demo']): MappingInput =>
  mapping({ name, subjects: [{ issuer: 'demo', ...subject }], clusters, impersonate: { user: { value: name } } });
const OPS = "claims.department == 'ops'";
const bob = (claims: Record<string, unknown> = { department: 'ops' }) => person('bob', ['dev'], claims);
const chosen = (mappings: readonly MappingInput[], identity = bob(), cluster = 'demo'): string => {
  const found = resolve([...mappings], identity, cluster);
  return 'ok' in found && found.ok ? found.grant.mapping : 'none';
};

describe('an expression of a subject picks nobody', () => {
  it.each<[string, Record<string, unknown>]>([
    ['for whom it is false', { department: 'dev' }],
    ['who lacks the claim', {}],
    ['whose claim is of another type', { department: ['ops'] }],
    ['whose claims only inherit it', Object.create({ department: 'ops' }) as Record<string, unknown>],
  ])('%s', (_what, claims) => {
    expect(chosen([by('a', { expression: OPS })], bob(claims))).toBe('none');
  });
  it('of another issuer, cluster, name or group than stand beside it', () => {
    expect(chosen([by('a', { issuer: 'other', expression: OPS })])).toBe('none');
    expect(chosen([by('a', { expression: OPS }, ['prod'])])).toBe('none');
    expect(chosen([by('a', { user: 'eve', expression: OPS })])).toBe('none');
    expect(chosen([by('a', { group: 'ops', expression: OPS })])).toBe('none');
    expect(chosen([by('a', { user: 'bob', group: 'ops', expression: OPS })])).toBe('none');
    expect(chosen([by('a', { expression: OPS }, ['*', 'gatehouse'])], bob(), 'gatehouse')).toBe('none');
  });
  it('among service identities, which have no claims', () => {
    expect(
      chosen([by('a', { issuer: 'gatehouse', expression: OPS })], person('gatehouse:ci', [], {}, 'gatehouse')),
    ).toBe('none');
  });
  it('by anything but true, and says what it lacked, but not what the claims hold', () => {
    const found = resolve([by('a', { expression: OPS }), by('b', { expression: 'claims.x' })], bob({ x: 'SECRET' }));
    expect(found).toMatchObject({ ok: false, code: 'noMapping' });
    const { message } = found as { message: string };
    expect(message).toContain('the expression of mapping "a" (and 1 more) cannot be judged: No such key: department');
    expect(message).not.toContain('SECRET');
  });
});

it('a mapping whose expression does not compile fails the whole change, with the place', () => {
  expect(() => compileMappings([mapping({ name: 'ok' }), by('bad', { expression: 'claims.x +' })])).toThrow(
    /^mapping "bad": subjects\[0\]\.expression: /,
  );
});

describe('an expression of a subject', () => {
  const all = by('a-all', {});
  const expression = by('b-expression', { expression: OPS });
  const group = by('c-group', { group: 'dev' });
  const user = by('d-user', { user: 'bob' });
  it('stands behind names of users and groups, and before everybody', () => {
    expect(chosen([all, expression, group, user])).toBe('d-user');
    expect(chosen([all, expression, group])).toBe('c-group');
    expect(chosen([all, expression])).toBe('b-expression');
    expect(chosen([all, expression], bob({}))).toBe('a-all');
  });
  it('beside a name or a group ranks with that, and both must hold', () => {
    const userWhen = by('c', { user: 'bob', expression: OPS });
    expect(chosen([all, group, userWhen])).toBe('c');
    expect(chosen([user, userWhen])).toBe('c');
    expect(chosen([by('a', { user: 'bob' }), userWhen])).toBe('a');
    expect(chosen([user, userWhen], bob({}))).toBe('d-user');
    expect(chosen([all, expression, by('z', { group: 'dev', expression: OPS })])).toBe('z');
    expect(chosen([all, by('z', { user: 'bob', group: 'dev', expression: OPS }), group])).toBe('z');
  });
  it('among equals gives way to the first by name, whatever the order of mappings and clusters', () => {
    const two = [by('y', { expression: OPS }), by('x', { expression: "'ops' == claims.department" }, ['*'])];
    expect(chosen(two)).toBe('x');
    expect(chosen(two.toReversed())).toBe('x');
    expect(chosen([...two, by('w', { expression: "claims.department == 'dev'" })])).toBe('x');
  });
  it('is one of several subjects: any of them will do', () => {
    const either = mapping({
      subjects: [
        { issuer: 'demo', user: 'eve' },
        { issuer: 'demo', expression: OPS },
      ],
    });
    expect(chosen([either])).toBe('m');
    expect(chosen([either], bob({}))).toBe('none');
  });
  it('is listed with what is used instead, and with what cannot be judged', () => {
    const failing = by('e-failing', { expression: 'claims.absent == 1' });
    expect(compileMappings([all, expression, group, failing]).list(bob(), 'demo')).toEqual({
      fitting: [
        { name: 'c-group', by: 'group' },
        { name: 'b-expression', by: 'expression' },
        { name: 'a-all', by: 'issuer' },
      ],
      failed: [{ mapping: 'e-failing', problem: 'No such key: absent' }],
    });
  });
});

describe('how often expressions are asked', () => {
  /** Counts the steps, each of which asks one expression, and answers later as a gateway with much to do does. */
  function counted(mappings: MappingInput[], later = false) {
    const counts = { asked: 0 };
    const run: RunSteps = (steps) => {
      const toEnd = () => {
        for (;;) {
          const step = steps.next();
          if (step.done) return step.value;
          counts.asked++;
        }
      };
      return later ? Promise.resolve().then(toEnd) : toEnd();
    };
    const compiling = compileMappingsInSteps(mappings, run);
    let step = compiling.next();
    while (!step.done) step = compiling.next();
    return { counts, compiled: step.value };
  }
  const many = [...Array(50).keys()].map((i) => by(`m-${100 + i}`, { expression: `claims.n == ${i}` }));

  it('is not at all where a name or group decides, or where the issuer has none', () => {
    const { counts, compiled } = counted([...many, by('user', { user: 'bob' }), by('o', { issuer: 'other' })]);
    expect(resolveGrant(compiled, bob({ n: 3 }), 'demo', noTokens)).toMatchObject({
      ok: true,
      grant: { mapping: 'user' },
    });
    resolveGrant(compiled, person('bob', [], { n: 3 }, 'other'), 'demo', noTokens);
    expect(counts.asked).toBe(0);
  });
  it('is up to the first that holds, and once for the same claims', () => {
    const { counts, compiled } = counted(many);
    const claims = { n: 6 };
    for (let i = 0; i < 5; i++)
      expect(resolveGrant(compiled, bob(claims), 'demo', noTokens)).toMatchObject({ grant: { mapping: 'm-106' } });
    expect(counts.asked).toBe(7);
    resolveGrant(compiled, bob({ n: 6 }), 'demo', noTokens);
    expect(counts.asked).toBe(14);
  });
  it('is once too where nothing fits, and for requests that come while they are being asked', async () => {
    const { counts, compiled } = counted(many, true);
    const identity = bob({ n: -1 });
    const answers = await Promise.all([1, 2, 3].map(() => resolveGrant(compiled, identity, 'demo', noTokens)));
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, code: 'noMapping' });
    expect(resolveGrant(compiled, identity, 'demo', noTokens)).toMatchObject({ ok: false, code: 'noMapping' });
    expect(counts.asked).toBe(50);
  });
  it('is anew for the same claims under another name or in other groups', () => {
    const { compiled } = counted([
      by('a', { user: 'bob', expression: OPS }),
      by('b', { group: 'dev', expression: OPS }),
    ]);
    const claims = { department: 'ops' };
    const named = (name: string, groups: string[]) =>
      resolveGrant(compiled, person(name, groups, claims), 'demo', noTokens);
    expect(named('bob', [])).toMatchObject({ grant: { mapping: 'a' } });
    expect(named('eve', ['dev'])).toMatchObject({ grant: { mapping: 'b' } });
    expect(named('eve', ['other'])).toMatchObject({ ok: false });
  });
});
