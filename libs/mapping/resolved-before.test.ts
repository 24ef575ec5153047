import { describe, expect, it } from 'vitest';
import { compileMappings } from './compile-mappings.ts';
import { resolveGrant } from './resolve-grant.ts';
import { mapping, noTokens, person } from './testdata/people.ts';

describe('what was resolved before', () => {
  const bob = person('bob', ['dev']);
  const first = compileMappings([mapping({ name: 'first', impersonate: { user: { value: 'one' } } })]);
  it('is never the answer of other mappings, on another cluster or for another Identity', () => {
    const ask = (mappings: typeof first, identity = bob, cluster = 'demo') =>
      resolveGrant(mappings, identity, cluster, noTokens);
    expect(ask(first)).toMatchObject({ ok: true, grant: { user: 'one' } });
    expect(ask(compileMappings([mapping({ impersonate: { user: { value: 'two' } } })]))).toMatchObject({
      ok: true,
      grant: { user: 'two' },
    });
    expect(ask(compileMappings([]))).toMatchObject({ ok: false, code: 'noMapping' });
    expect(ask(first, bob, 'prod')).toMatchObject({ ok: false, code: 'noMapping' });
    expect(ask(first)).toMatchObject({ ok: true, grant: { user: 'one' } });
    expect(ask(first, person('eve', [], {}, 'other'))).toMatchObject({ ok: false, code: 'noMapping' });
  });
  it('is the very same Grant, which nobody can change', () => {
    const [one, two] = [resolveGrant(first, bob, 'demo', noTokens), resolveGrant(first, bob, 'demo', noTokens)];
    expect(one).toBe(two);
    const { grant } = one as unknown as { grant: { user: string; groups: string[] } };
    expect(() => (grant.user = 'system:masters')).toThrow(TypeError);
    expect(() => grant.groups.push('system:masters')).toThrow(TypeError);
  });
});
