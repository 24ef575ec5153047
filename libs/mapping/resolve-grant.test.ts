import { describe, expect, it } from 'vitest';
import { GatehouseError } from '#errors';
import type { MappingInput, ValueSource } from './mapping-input.ts';
import type { StoredToken } from './ports.ts';
import { groups, mapping, person, resolve, USER } from './testdata/people.ts';

describe('no mapping, no access', () => {
  it('for another issuer, user, group or cluster, and never for gatehouse', () => {
    for (const m of [
      mapping({ subjects: [{ issuer: 'other' }] }),
      mapping({ subjects: [{ issuer: 'demo', user: 'eve' }] }),
      mapping({ subjects: [{ issuer: 'demo', group: 'ops' }] }),
      mapping({ clusters: ['prod'] }),
      mapping({ subjects: [] }),
      mapping({ subjects: [{ issuer: 'demo', user: 'bob', group: 'ops' }] }),
    ]) {
      expect(resolve([m], person('bob', ['dev']))).toMatchObject({ ok: false, code: 'noMapping' });
    }
    expect(resolve([mapping({ clusters: ['*', 'gatehouse'] })], person('bob'), 'gatehouse')).toMatchObject({
      ok: false,
      code: 'noMapping',
    });
  });
  it('and says whom to ask', () => {
    expect(resolve([], person('b"ob\n'))).toMatchObject({
      message:
        'no mapping gives User "b\\"ob\\n" (issuer demo) an identity on cluster "demo"; ask an admin of this gateway for a Mapping',
    });
  });
});

describe('of several mappings', () => {
  const by = (name: string, subject: { user?: string; group?: string }, clusters = ['demo']) =>
    mapping({ name, subjects: [{ issuer: 'demo', ...subject }], clusters, impersonate: { user: { value: name } } });
  const chosen = (mappings: MappingInput[], identity = person('bob', ['ops', 'dev'])) => {
    const found = resolve(mappings, identity);
    return 'ok' in found && found.ok ? found.grant.mapping : found;
  };
  it('the one for the user wins, then for a group, then for everybody', () => {
    const [all, group, one, both] = [
      by('a', {}),
      by('b', { group: 'dev' }),
      by('d', { user: 'bob' }),
      by('c', { user: 'bob', group: 'dev' }),
    ];
    expect(chosen([all, group, one, both])).toBe('c');
    expect(chosen([all, group, one])).toBe('d');
    expect(chosen([group, all])).toBe('b');
    expect(chosen([all, group, both], person('bob'))).toBe('a');
  });
  it('among equals the first by name, whatever the order of mappings, groups and clusters', () => {
    for (const list of [
      [by('y', { group: 'ops' }), by('x', { group: 'dev' }, ['*'])],
      [by('x', { group: 'dev' }), by('y', { group: 'ops' })],
    ]) {
      expect(chosen(list)).toBe('x');
      expect(chosen(list, person('bob', ['dev', 'ops']))).toBe('x');
    }
  });
  it('the chosen one is never passed over for another when it fails', () => {
    const failing = mapping({
      name: 'a',
      subjects: [{ issuer: 'demo', user: 'bob' }],
      impersonate: { user: { claim: 'absent' } },
    });
    expect(resolve([failing, mapping({ name: 'b' })], person('bob'))).toMatchObject({
      ok: false,
      code: 'badMappedIdentity',
    });
  });
});

describe('impersonation', () => {
  it('refuses more groups than the mapping allows, and never cuts them off', () => {
    const many = Array.from({ length: 501 }, (_, i) => `g${i}`);
    expect(groups([{ from: 'groups' }], person('x', many))).toMatchObject({ ok: false, code: 'badMappedIdentity' });
    expect(groups([{ from: 'groups' }], person('x', many.slice(1)))).toMatchObject({ ok: true });
    expect(groups([{ from: 'groups' }], person('x', ['a', 'b']), { maxGroups: 1 })).toMatchObject({ ok: false });
    expect(groups([{ claim: 'g' }], person('x', [], { g: Array(20_000).fill('a') }))).toMatchObject({ ok: false });
  });
  it('collects groups from all sources in order, once each, prefixed', () => {
    const found = groups(
      [
        { from: 'groups', prefix: 'demo:' },
        { claim: 'team' },
        { value: 'fixed' },
        { value: 'fixed' },
        { claim: 'absent' },
      ],
      person('x', ['a,b', 'c', 'c'], { team: 'red' }),
    );
    expect(found).toMatchObject({
      ok: true,
      grant: {
        mode: 'impersonate',
        mapping: 'm',
        cluster: 'demo',
        user: 'u',
        groups: ['demo:a,b', 'demo:c', 'red', 'fixed'],
        uid: undefined,
      },
    });
  });
  it('sends only the groups that a filter names, judges no others, and counts no others', () => {
    const only = ['demo:dev', 'demo:k8s-*'];
    const filtered = (names: string[], more: Partial<MappingInput> = {}) =>
      groups([{ from: 'groups', prefix: 'demo:', only }], person('x', names), more);
    expect(filtered(['dev', 'devs', 'k8s-a', 'k8s', 'a\nb', 'k8s-'])).toMatchObject({
      ok: true,
      grant: { groups: ['demo:dev', 'demo:k8s-a', 'demo:k8s-'] },
    });
    expect(filtered(['ops'])).toMatchObject({ ok: true, grant: { groups: [] } });
    expect(filtered(['dev', 'ops', 'k8s-a'], { maxGroups: 1 })).toMatchObject({ ok: false });
    expect(filtered(['dev', 'ops', 'sec'], { maxGroups: 1 })).toMatchObject({ ok: true });
    expect(filtered(['k8s-a\nb'])).toMatchObject({ ok: false, code: 'badMappedIdentity' });
  });
  it('never gives a reserved name by a filter', () => {
    expect(groups([{ from: 'groups', only: ['system:masters'] }], person('x', ['system:masters']))).toMatchObject({
      ok: false,
      code: 'badMappedIdentity',
    });
  });
  it('sends no groups for a service account: the API server knows them', () => {
    expect(
      resolve(
        [mapping({ impersonate: { user: { value: 'system:serviceaccount:a:b' }, groups: [{ value: 'g' }] } })],
        person('x'),
      ),
    ).toMatchObject({ ok: true, grant: { groups: [] } });
  });
  it('takes uid and extra by the same rules, keys lower-case', () => {
    const extra = (key: string, value: ValueSource) =>
      mapping({
        impersonate: {
          user: USER,
          uid: { from: 'uid' },
          extra: [
            { key, value },
            { key: key.toUpperCase(), value: { value: 'more' } },
          ],
        },
      });
    expect(
      resolve([extra('acme.com/team', { claim: 't' })], person('x', [], { t: ['a', 'b'] }, 'demo', 'u-1')),
    ).toMatchObject({ ok: true, grant: { uid: 'u-1', extra: { 'acme.com/team': ['a', 'b', 'more'] } } });
    expect(resolve([extra('__proto__', { value: 'v' })], person('x', [], {}, 'demo', 'u-1'))).toMatchObject({
      ok: true,
    });
    expect(resolve([extra('k', { claim: 't' })], person('x', [], { t: 'a\nb' }, 'demo', 'u-1'))).toMatchObject({
      ok: false,
      code: 'badMappedIdentity',
    });
    expect(resolve([extra('k', { value: 'v' })], person('x'))).toMatchObject({ ok: false, code: 'badMappedIdentity' });
  });
  it('of equal names from two issuers stays apart where the mapping prefixes', () => {
    const two = ['demo', 'other'].map((issuer) =>
      mapping({
        name: issuer,
        subjects: [{ issuer }],
        impersonate: { user: { from: 'username', prefix: `${issuer}:` } },
      }),
    );
    expect(resolve(two, person('bob', [], {}, 'demo'))).toMatchObject({ grant: { user: 'demo:bob', mapping: 'demo' } });
    expect(resolve(two, person('bob', [], {}, 'other'))).toMatchObject({
      grant: { user: 'other:bob', mapping: 'other' },
    });
  });
});

describe('a service account', () => {
  const account = (more: object = {}) =>
    mapping({ impersonate: undefined, serviceAccount: { namespace: 'team-a', name: 'deployer', ...more } });
  it('is never chosen by a claim, and asks for no token here', () => {
    const found = resolve([account()], person('bob', [], { namespace: 'kube-system', name: 'root' }));
    expect(found).toEqual({
      ok: true,
      grant: {
        mode: 'serviceAccount',
        mapping: 'm',
        cluster: 'demo',
        namespace: 'team-a',
        name: 'deployer',
        audiences: [],
        expirationSeconds: 600,
        user: 'system:serviceaccount:team-a:deployer',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:team-a'],
      },
    });
  });
  it('may name audiences and a longer life', () => {
    expect(resolve([account({ audiences: ['a'], expirationSeconds: 900 })], person('bob'))).toMatchObject({
      grant: { audiences: ['a'], expirationSeconds: 900 },
    });
  });
});

describe('a stored token', () => {
  const stored = mapping({ impersonate: undefined, storedToken: {} });
  const token: StoredToken = {
    id: 't-1',
    token: 'secret',
    user: 'system:serviceaccount:a:b',
    groups: ['g'],
    savedAtMs: 1,
    expiresAtMs: 2,
  };
  const give = (answer: StoredToken | undefined | Error) => ({
    findStoredToken: (...key: string[]) =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer && { ...answer, id: key.join(' ') }),
  });

  it('that is absent is said so, and nothing else is tried', async () => {
    expect(await resolve([stored, mapping({ name: 'z' })], person('bob'), 'demo', give(undefined))).toMatchObject({
      ok: false,
      code: 'noStoredToken',
    });
  });
  it('that nobody, or system:masters, answered for is not used', async () => {
    for (const bad of [
      { ...token, user: '' },
      { ...token, token: '' },
      { ...token, groups: ['g', 'system:masters'] },
    ])
      expect(await resolve([stored], person('bob'), 'demo', give(bad))).toMatchObject({
        ok: false,
        code: 'badMappedIdentity',
      });
  });
  it('that cannot be read is storeUnavailable; other faults are thrown', async () => {
    expect(await resolve([stored], person('bob'), 'demo', give(new GatehouseError('storeUnavailable')))).toMatchObject({
      ok: false,
      code: 'storeUnavailable',
    });
    await expect(resolve([stored], person('bob'), 'demo', give(new Error('broken')))).rejects.toThrow('broken');
  });
  it('is found by issuer, subject and cluster, and never shown in a message', async () => {
    const found = await resolve([stored], person('bob'), 'demo', give(token));
    expect(found).toMatchObject({
      ok: true,
      grant: {
        mode: 'storedToken',
        mapping: 'm',
        cluster: 'demo',
        token: 'secret',
        tokenId: 'https://demo.example sub-1 demo',
        user: token.user,
        groups: ['g'],
      },
    });
    expect(JSON.stringify(await resolve([stored], person('bob'), 'demo', give({ ...token, user: '' })))).not.toContain(
      'secret',
    );
  });
});

describe('impersonation headers (I2), over random claims', () => {
  it('either refuse or give exactly one user and groups that are what the claims said', () => {
    let state = 9;
    const next = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const pieces = ['a', 'system:', 'masters', ' ', '\n', '', ',', 'é', '\u0000', 'demo:', ':', '\u2029', 'b'];
    const text = (): string => Array.from({ length: next(4) }, () => pieces[next(pieces.length)]).join('');
    let given = 0;
    for (let i = 0; i < 5_000; i++) {
      const claims: Record<string, unknown> = {
        n: next(9) === 0 ? [text(), text()] : text(),
        g: Array.from({ length: next(3) }, text),
      };
      const prefix = next(2) === 0 ? undefined : text();
      const found = resolve(
        [mapping({ impersonate: { user: { claim: 'n', prefix }, groups: [{ claim: 'g' }] } })],
        person('x', [], claims),
      );
      if (!('ok' in found) || !found.ok || found.grant.mode !== 'impersonate') continue;
      given++;
      expect(found.grant.user).toBe((prefix ?? '') + String(claims['n']));
      expect(found.grant.groups).toEqual([...new Set(claims['g'] as string[])]);
      for (const name of [found.grant.user, ...found.grant.groups]) {
        expect(name).toMatch(/^[^\s\p{Cc}](?:[^\p{Cc}\u2028\u2029]*[^\s\p{Cc}])?$/u);
        expect(name.startsWith('system:')).toBe(false);
      }
    }
    expect(given).toBeGreaterThan(500);
  });
});
