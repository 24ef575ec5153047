import { describe, expect, it } from 'vitest';
import type { Conditions } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { allowed, ask, everything, NOW_MS, NS, person, rule, words, type Asked } from './testdata/people.ts';

const under = (conditions: Conditions) => [rule('r', everything, { conditions })];
const denied = (conditions: Conditions) => [
  rule('all', everything),
  rule('no', everything, { effect: 'Deny', conditions }),
];
const POD = `GET ${NS}/pods/web`;
const at = (time: string): Asked => ({ nowMs: Date.parse(time) });
const loggedIn = (secondsAgo: number | undefined, acr?: string): Asked => ({
  as: person('demo:bob', ['demo:dev'], 'demo', {
    authenticatedAtSeconds: secondsAgo === undefined ? undefined : NOW_MS / 1000 - secondsAgo,
    acr,
  }),
});

describe('source addresses', () => {
  it.each([
    ['10.0.0.0/8', ['11.0.0.1', '9.255.255.255', '::a00:1', '2001:db8::1', '']],
    ['192.0.2.7', ['192.0.2.6', '192.0.2.70', '']],
    ['2001:db8::/32', ['2001:db9::1', '10.0.0.1']],
    ['0.0.0.0/0', ['2001:db8::1', '']],
  ])('of %s do not hold %j', (range, addresses) => {
    for (const sourceAddress of addresses)
      expect([sourceAddress, allowed(under({ sourceAddresses: [range] }), POD, { sourceAddress })]).toEqual([
        sourceAddress,
        false,
      ]);
  });
  it.each([
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3']],
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::/32', ['2001:db8::1', '2001:0DB8:ffff::', '2001:db8:0:0:0:0:0:9']],
  ])('of %s hold %j', (range, addresses) => {
    for (const sourceAddress of addresses)
      expect([
        sourceAddress,
        allowed(under({ sourceAddresses: ['203.0.113.1', range] }), POD, { sourceAddress }),
      ]).toEqual([sourceAddress, true]);
  });
  it('of a Deny meet nobody else, but whoever comes from an address that nobody knows', () => {
    const deny = denied({ sourceAddresses: ['10.0.0.0/8'] });
    for (const [sourceAddress, expected] of [
      ['10.1.1.1', false],
      ['', false],
      ['192.0.2.1', true],
    ] as const)
      expect([sourceAddress, allowed(deny, POD, { sourceAddress })]).toEqual([sourceAddress, expected]);
  });
});

describe('a validity period', () => {
  const period = under({ notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-01-02T00:00:00+02:00' });
  it('begins at notBefore and is over at notAfter, by the clock of each request', () => {
    for (const [time, expected] of [
      ['2025-12-31T23:59:59.999Z', false],
      ['2026-01-01T00:00:00Z', true],
      ['2026-01-01T21:59:59.999Z', true],
      ['2026-01-01T22:00:00Z', false],
    ] as const)
      expect([time, allowed(period, POD, at(time))]).toEqual([time, expected]);
  });
  it('is told to whom it keeps out', () => {
    expect(ask(period, POD, at('2025-01-01T00:00:00Z')).reason).toContain(
      'access rule "r" allows it only from 2026-01-01T00:00:00Z on',
    );
    expect(ask(period, POD, at('2027-01-01T00:00:00Z')).reason).toContain(
      'access rule "r", which allowed it, ended at 2026-01-02T00:00:00+02:00',
    );
    expect(ask(under({ sourceAddresses: ['10.0.0.0/8'] }), POD).reason).toContain(
      'access rule "r" allows it only from other addresses than 192.0.2.1',
    );
  });
  it('may keep a Deny from beginning, and has no end for one', () => {
    const later = denied({ notBefore: '2026-01-02T00:00:00Z' });
    expect([allowed(later, POD), allowed(later, POD, at('2026-01-02T00:00:00Z'))]).toEqual([true, false]);
    for (const conditions of [
      { notAfter: '2020-01-01T00:00:00Z' },
      { notAfter: '2099-01-01T00:00:00Z' },
      { maxAuthenticationAgeSeconds: 60 },
      { acrValues: ['mfa'] },
    ])
      expect(() => compilePolicy(denied(conditions))).toThrow(/would open by itself/);
  });
  it('that is malformed fails the whole compilation', () => {
    expect(() => compilePolicy(under({ notAfter: 'tomorrow' }))).toThrow(/RFC 3339/);
    expect(() => compilePolicy(under({ sourceAddresses: ['10.0.0.0.0'] }))).toThrow(/no address or CIDR/);
  });
});

describe('conditions of the authentication', () => {
  const recent = under({ maxAuthenticationAgeSeconds: 300 });
  const strong = under({ acrValues: ['mfa', 'hwk'] });
  it('do not hold for an old authentication, one of unknown time, or one from the future', () => {
    for (const seconds of [undefined, 301, 86_400, -61, Number.NaN])
      expect([seconds, allowed(recent, POD, loggedIn(seconds))]).toEqual([seconds, false]);
    for (const seconds of [300, 0, -60])
      expect([seconds, allowed(recent, POD, loggedIn(seconds))]).toEqual([seconds, true]);
  });
  it('do not hold without one of the acr values, letter for letter', () => {
    for (const acr of [undefined, '', 'MFA', 'mfa hwk', 'pwd'])
      expect([acr, allowed(strong, POD, loggedIn(0, acr))]).toEqual([acr, false]);
    for (const acr of ['mfa', 'hwk'])
      expect([acr, allowed(strong, POD, loggedIn(undefined, acr))]).toEqual([acr, true]);
  });
  it('ask for a new login where that would be enough, and say why', () => {
    expect(ask(recent, POD, loggedIn(1200))).toMatchObject({
      allowed: false,
      rule: undefined,
      stepUp: { maxAgeSeconds: 300, acrValues: [] },
      reason: expect.stringContaining(
        'access rule "r" allows it only within 300 seconds of logging in, and you did so 1200 seconds ago',
      ),
    });
    expect(ask(recent, POD, loggedIn(undefined)).reason).toContain(
      'your credential does not say when that was (auth_time)',
    );
    expect(ask(strong, POD, loggedIn(0, 'pwd'))).toMatchObject({
      stepUp: { maxAgeSeconds: undefined, acrValues: ['mfa', 'hwk'] },
      reason: expect.stringContaining('acr "mfa" or "hwk", and yours is "pwd"'),
    });
  });
  it('ask for nothing where a new login would not be enough', () => {
    const elsewhere = under({ maxAuthenticationAgeSeconds: 300, sourceAddresses: ['10.0.0.0/8'] });
    expect(ask(elsewhere, POD, loggedIn(1200))).toMatchObject({ allowed: false, stepUp: undefined });
    const deniedToo = [...recent, rule('no', everything, { effect: 'Deny' })];
    expect(ask(deniedToo, POD, loggedIn(1200))).toMatchObject({ allowed: false, rule: 'no', stepUp: undefined });
    const half = [rule('r', words('get', 'pods/exec'), { conditions: { acrValues: ['mfa'] } })];
    expect(ask(half, `${POD}/exec`, { ...loggedIn(0), upgrade: true })).toMatchObject({ stepUp: undefined });
  });
  it('are met by no access token, and ask its holder for no login', () => {
    const token = person('demo:bob', ['demo:dev'], 'demo', { credential: { kind: 'token', id: 'x' } });
    for (const rules of [under({ maxAuthenticationAgeSeconds: 300 }), under({ acrValues: ['mfa'] })])
      expect(ask(rules, POD, { as: { ...token, authenticatedAtSeconds: undefined } })).toMatchObject({
        allowed: false,
        stepUp: undefined,
        reason: expect.stringMatching(/no access rule allows it \(.*an access token is no login\); ask an admin/),
      });
  });
  it('of two rules for two acts are asked for together', () => {
    const both = [
      rule('a', words('get', 'pods/exec'), {
        conditions: { maxAuthenticationAgeSeconds: 600, acrValues: ['pwd', 'mfa'] },
      }),
      rule('b', words('create', 'pods/exec'), { conditions: { maxAuthenticationAgeSeconds: 60, acrValues: ['mfa'] } }),
    ];
    expect(ask(both, `${POD}/exec`, { ...loggedIn(900), upgrade: true })).toMatchObject({
      stepUp: { maxAgeSeconds: 60, acrValues: ['mfa'] },
    });
  });
});

describe('a rule for learning', () => {
  const learning = rule('a-learning', everything, { learning: true, version: '7' });
  it('decides only what no other Allow decides, and is marked', () => {
    const rules = [learning, rule('pods', words('get', 'pods'), { version: '3' })];
    expect(ask(rules, POD)).toMatchObject({ allowed: true, rule: 'pods', ruleVersion: '3', learning: false });
    expect(ask(rules, `GET ${NS}/secrets`)).toMatchObject({
      allowed: true,
      rule: 'a-learning',
      ruleVersion: '7',
      learning: true,
    });
  });
  it('is named where it gave one of two acts', () => {
    const create = rule('create', words('create', 'pods/exec'));
    const get = rule('l', words('get', 'pods/exec'), { learning: true });
    expect(ask([create, get], `${POD}/exec`, { upgrade: true })).toMatchObject({
      allowed: true,
      rule: 'l',
      learning: true,
    });
  });
});

describe('a denial', () => {
  const admins = (...subjects: object[]) =>
    rule(
      'admins',
      { verbs: ['*'], apiGroups: ['gatehouse.dev'], resources: ['*'] },
      {
        clusters: ['gatehouse'],
        subjects: subjects.map((subject) => ({ issuer: 'demo', ...subject })),
      },
    );
  it('names who can change it, groups first and three at the most', () => {
    expect(ask([admins({ user: 'demo:root' }, { group: 'demo:admins' })], POD).reason).toMatch(
      /no access rule allows it; ask an admin of this gateway, group "demo:admins" \(issuer demo\), user "demo:root" \(issuer demo\), for an AccessRule$/,
    );
    const many = admins(...['a', 'b', 'c', 'd', 'e'].map((user) => ({ user })));
    expect(ask([many], POD).reason).toContain('user "c" (issuer demo) and 2 more, for an AccessRule');
  });
  it('names nobody who may only read access rules, or change them on another cluster', () => {
    const reader = rule(
      'r',
      { verbs: ['get', 'list'], apiGroups: ['gatehouse.dev'], resources: ['*'] },
      { clusters: ['gatehouse'] },
    );
    expect(
      ask([reader, rule('x', everything, { clusters: ['*'], subjects: [{ issuer: 'demo', user: 'x' }] })], POD).reason,
    ).toMatch(/ask an admin of this gateway for an AccessRule$/);
  });
  it('by a rule names it and carries its version', () => {
    expect(ask([rule('no', everything, { effect: 'Deny', version: '41' })], POD)).toMatchObject({
      rule: 'no',
      ruleVersion: '41',
      reason:
        'pods "web" is forbidden: User "demo:bob" (issuer demo) cannot get resource "pods" in API group "" in the namespace "team-a" on cluster "demo": access rule "no" denies it; ask an admin of this gateway to change it',
    });
  });
});
