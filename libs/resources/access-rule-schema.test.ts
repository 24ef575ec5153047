import { describe, expect, test } from 'vitest';
import { validateObject, type ResourceObject } from '#resources';

const object = (kind: string, spec: unknown, metadata: object = { name: 'x' }) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata,
  spec,
});
const rule = (spec: object) =>
  object('AccessRule', {
    subjects: [{ issuer: 'demo' }],
    clusters: ['demo'],
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    ...spec,
  });
const ruleOf = (...rules: object[]) => rule({ rules });

function problems(input: unknown): string[] {
  const result = validateObject(input);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (input: unknown): string[] => problems(input).map((line) => line.split(': ')[0] as string);
function valid(input: unknown): ResourceObject {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.object;
}
function warnings(input: unknown): string[] {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.warnings;
}

describe('AccessRule', () => {
  test.each([
    ['no subject', { subjects: [] }, 'spec.subjects'],
    ['a subject without issuer', { subjects: [{ user: 'a' }] }, 'spec.subjects[0].issuer'],
    ['an empty user, which would be everybody', { subjects: [{ issuer: 'demo', user: '' }] }, 'spec.subjects[0].user'],
    ['no cluster', { clusters: [] }, 'spec.clusters'],
    ['a pattern of clusters', { clusters: ['prod-*'] }, 'spec.clusters[0]'],
    ['no rule', { rules: [] }, 'spec.rules'],
    ['another effect', { effect: 'allow' }, 'spec.effect'],
    ['another mode', { mode: 'Audit' }, 'spec.mode'],
  ])('%s is refused', (_what, spec, path) => {
    expect(paths(rule(spec))).toEqual([path]);
  });
  test.each([
    ['nothing', {}, ['']],
    ['an unknown key', { sourceAddress: ['10.0.0.0/8'] }, ['.sourceAddress', '']],
    ['a name for an address', { sourceAddresses: ['office'] }, ['.sourceAddresses[0]']],
    ['a range with bits behind its prefix', { sourceAddresses: ['10.0.0.1/8'] }, ['.sourceAddresses[0]']],
    ['such a range of IPv6', { sourceAddresses: ['2001:db8::1/32'] }, ['.sourceAddresses[0]']],
    ['a prefix that is too long', { sourceAddresses: ['10.0.0.0/33'] }, ['.sourceAddresses[0]']],
    ['an IPv4 address written as IPv6', { sourceAddresses: ['::ffff:10.0.0.0/104'] }, ['.sourceAddresses[0]']],
    ['no address at all', { sourceAddresses: [] }, ['.sourceAddresses']],
    ['a date without a time', { notAfter: '2026-01-01' }, ['.notAfter']],
    ['a time without a zone', { notAfter: '2026-01-01T00:00:00' }, ['.notAfter']],
    ['a day that no month has', { notBefore: '2026-02-30T00:00:00Z' }, ['.notBefore']],
    [
      'an end before its beginning',
      { notBefore: '2026-02-01T00:00:00Z', notAfter: '2026-01-01T00:00:00Z' },
      ['.notAfter'],
    ],
    ['an age of nothing', { maxAuthenticationAgeSeconds: 0 }, ['.maxAuthenticationAgeSeconds']],
    ['an age in words', { maxAuthenticationAgeSeconds: '5m' }, ['.maxAuthenticationAgeSeconds']],
    ['an acr with a blank, which is two', { acrValues: ['mfa hwk'] }, ['.acrValues[0]']],
    ['an acr with a quote', { acrValues: ['m"fa'] }, ['.acrValues[0]']],
  ])('conditions with %s are refused', (_what, conditions, expected) => {
    expect(paths(rule({ conditions }))).toEqual(expected.map((path) => `spec.conditions${path}`));
  });
  test('conditions are accepted', () => {
    const conditions = {
      sourceAddresses: [
        '10.0.0.0/8',
        '203.0.113.7',
        '2001:db8::/32',
        '::1',
        '64:ff9b::192.0.2.0/120',
        '0.0.0.0/0',
        '::/0',
      ],
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2026-01-01T00:00:00.5+00:00',
      maxAuthenticationAgeSeconds: 300,
      acrValues: ['urn:example:mfa', '2'],
    };
    expect(valid(rule({ conditions })).spec).toMatchObject({ conditions });
  });
  test('a Deny has no condition by which what it denies would open by itself', () => {
    const conditions = {
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2999-01-01T00:00:00Z',
      maxAuthenticationAgeSeconds: 60,
      acrValues: ['mfa'],
      sourceAddresses: ['10.0.0.0/8'],
    };
    expect(paths(rule({ effect: 'Deny', conditions }))).toEqual([
      'spec.conditions.notAfter',
      'spec.conditions.maxAuthenticationAgeSeconds',
      'spec.conditions.acrValues',
    ]);
  });
  test('a rule for learning is an enforced Allow, ends within 14 days, and never speaks of gatehouse', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    const learning = (spec: object): string[] => {
      const result = validateObject(rule({ learning: true, ...spec }), now);
      return result.ok ? [] : result.problems.map(({ path }) => path);
    };
    const until = (notAfter: string) => ({ conditions: { notAfter } });
    expect(learning({})).toEqual(['spec.conditions.notAfter']);
    expect(learning(until('2026-01-15T00:00:01Z'))).toEqual(['spec.conditions.notAfter']);
    expect(learning({ ...until('2026-01-02T00:00:00Z'), clusters: ['demo', 'gatehouse'] })).toEqual(['spec.clusters']);
    expect(learning({ ...until('2026-01-02T00:00:00Z'), mode: 'Report' })).toEqual(['spec.mode']);
    expect(learning({ effect: 'Deny' })).toEqual(['spec.effect']);
    expect(learning(until('2026-01-15T00:00:00Z'))).toEqual([]);
    expect(learning(until('2025-01-01T00:00:00Z'))).toEqual([]);
  });
  test('a misspelt word is answered with the one that was meant', () => {
    expect(problems(rule({ effect: 'Denny' })).join()).toContain('did you mean "Deny"?');
    expect(problems(ruleOf({ verbs: ['lst'], apiGroups: [''], resources: ['pods'] })).join()).toContain(
      'did you mean "list"?',
    );
    expect(problems(rule({ conditions: { notafter: '' } })).join()).toContain('did you mean "notAfter"?');
  });
  test.each([
    ['an empty rule', {}, ['spec.rules[0]', 'spec.rules[0].verbs']],
    ['resources without groups', { verbs: ['get'], resources: ['pods'] }, ['spec.rules[0].apiGroups']],
    ['no verbs', { apiGroups: [''], resources: ['pods'] }, ['spec.rules[0].verbs']],
    ['an empty list of verbs', { verbs: [], apiGroups: [''], resources: ['pods'] }, ['spec.rules[0].verbs']],
    [
      'an empty list of namespaces, which reads as none and as all',
      { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: [] },
      ['spec.rules[0].namespaces'],
    ],
    ['an upper-case verb', { verbs: ['GET'], apiGroups: [''], resources: ['pods'] }, ['spec.rules[0].verbs[0]']],
    ['a verb that no resource has', { verbs: ['post'], apiGroups: [''], resources: ['pods'] }, ['spec.rules[0].verbs']],
    ['a verb that no URL has', { verbs: ['list'], nonResourceURLs: ['/healthz'] }, ['spec.rules[0].verbs']],
    [
      'a wildcard for subresources',
      { verbs: ['get'], apiGroups: [''], resources: ['pods/*'] },
      ['spec.rules[0].resources[0]'],
    ],
    [
      'a group with a version',
      { verbs: ['get'], apiGroups: ['apps/v1'], resources: ['deployments'] },
      ['spec.rules[0].apiGroups[0]'],
    ],
    [
      'a wildcard of names',
      { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['web-*'] },
      ['spec.rules[0].resourceNames[0]'],
    ],
    [
      'a wildcard of namespaces',
      { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] },
      ['spec.rules[0].namespaces[0]'],
    ],
    [
      'resources beside URLs',
      { verbs: ['get'], nonResourceURLs: ['/healthz'], apiGroups: [''], resources: ['pods'] },
      ['spec.rules[0].apiGroups', 'spec.rules[0].resources'],
    ],
    ['RBAC words beside raw ones', { methods: ['GET'], paths: ['/healthz'], verbs: ['get'] }, ['spec.rules[0].verbs']],
    ['methods without paths', { methods: ['GET'] }, ['spec.rules[0].paths']],
    ['paths without methods', { paths: ['/healthz'] }, ['spec.rules[0].methods']],
    ['a lower-case method', { methods: ['get'], paths: ['/healthz'] }, ['spec.rules[0].methods[0]']],
    ['a star within a URL', { verbs: ['get'], nonResourceURLs: ['/a*/b'] }, ['spec.rules[0].nonResourceURLs[0]']],
  ])('%s is refused', (_what, entry, expected) => {
    expect(paths(ruleOf(entry))).toEqual(expected);
  });
  test.each([
    'api',
    '/a/../b',
    '/a/./b',
    '/a/%2e%2E/b',
    '/a/.%2e',
    '/a%2f..%2fb',
    '/a/..;x/b',
    '/a?b',
    '/a#b',
    '/a b',
    '/ä',
    '/a%zz',
    '/a//b',
    '/**/**',
    '/a**/b',
  ])('the raw path %j is refused', (path) => {
    expect(paths(ruleOf({ methods: ['GET'], paths: [path] }))).toEqual(['spec.rules[0].paths[0]']);
  });
  test.each([
    ['(', 'is no regular expression that RE2 knows'],
    ['(?=a)', 'is no regular expression that RE2 knows'],
    ['x{1000}x{1000}x{1000}', 'too large'],
    ['a'.repeat(501), 'longer than 500'],
  ])('the regular expression %j is refused', (regex, message) => {
    expect(problems(ruleOf({ methods: ['GET'], pathRegexes: [regex] })).join()).toMatch(
      new RegExp(`^spec\\.rules\\[0\\]\\.pathRegexes\\[0\\]: .*${message}`),
    );
  });
  test('seventeen regular expressions are refused, and methods are required beside one', () => {
    const many = Array.from({ length: 17 }, (_, i) => `/x${i}`);
    expect(paths(ruleOf({ methods: ['GET'], pathRegexes: many }))).toEqual(['spec.rules[0].pathRegexes']);
    expect(paths(ruleOf({ pathRegexes: ['/x'] }))).toEqual(['spec.rules[0].methods']);
    expect(paths(ruleOf({ methods: ['GET'], pathRegexes: ['/x/[a-z]+'] }))).toEqual([]);
  });
  test('more than 64 regular expressions in all entries together are refused', () => {
    const entry = (at: number) => ({
      methods: ['GET'],
      pathRegexes: Array.from({ length: 16 }, (_, i) => `/x${at}/${i}`),
    });
    const four = [0, 1, 2, 3].map(entry);
    expect(paths(rule({ rules: four }))).toEqual([]);
    expect(paths(rule({ rules: [...four, { methods: ['GET'], pathRegexes: ['/y'] }] }))).toEqual(['spec.rules']);
  });
  test('defaults are Allow and Enforce', () => {
    expect(valid(rule({})).spec).toMatchObject({ effect: 'Allow', mode: 'Enforce' });
  });
  test('RBAC words, URLs and raw paths are accepted, each in a rule of its own', () => {
    valid(
      ruleOf(
        {
          verbs: ['*'],
          apiGroups: ['*'],
          resources: ['*', '*/scale', 'pods/log', 'services/proxy'],
          resourceNames: ['web', 'https:web:443'],
          namespaces: ['team-a'],
        },
        { verbs: ['get', 'head'], nonResourceURLs: ['/', '/api/*', '*'] },
        {
          methods: ['*'],
          paths: ['/api/v1/namespaces/*/pods', '/apis/**', '/api/v1/namespaces/a/services/web/proxy//x'],
        },
      ),
    );
  });
  test.each([
    [
      'a Deny of one way of reading',
      rule({ effect: 'Deny', rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] }),
      /denies get only/,
    ],
    [
      'a Deny of events in one group',
      rule({ effect: 'Deny', rules: [{ verbs: ['*'], apiGroups: [''], resources: ['events'] }] }),
      /both "" and "events.k8s.io"/,
    ],
    ['nodes/proxy', ruleOf({ verbs: ['get'], apiGroups: [''], resources: ['nodes/proxy'] }), /kubelet/],
    [
      'gatehouse.dev without the cluster',
      rule({ clusters: ['*'], rules: [{ verbs: ['*'], apiGroups: ['gatehouse.dev'], resources: ['*'] }] }),
      /no wildcard reaches it/,
    ],
  ])('%s is accepted with a warning', (_what, input, expected) => {
    expect(warnings(input).join()).toMatch(expected);
  });
});
