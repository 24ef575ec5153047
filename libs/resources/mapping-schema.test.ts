import { describe, expect, test } from 'vitest';
import { validateObject } from '#resources';

const object = (kind: string, spec: unknown, metadata: object = { name: 'x' }) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata,
  spec,
});
const mapping = (spec: object) => object('Mapping', { subjects: [{ issuer: 'demo' }], clusters: ['demo'], ...spec });

function problems(input: unknown): string[] {
  const result = validateObject(input);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
const paths = (input: unknown): string[] => problems(input).map((line) => line.split(': ')[0] as string);
function warnings(input: unknown): string[] {
  const result = validateObject(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.warnings;
}

describe('Mapping', () => {
  test.each([
    ['neither way', {}, ['spec']],
    ['both ways', { impersonate: { user: { from: 'username' } }, storedToken: {} }, ['spec']],
    ['two of three ways', { serviceAccount: { namespace: 'a', name: 'b' }, storedToken: {} }, ['spec']],
    ['an account without a namespace', { serviceAccount: { name: 'b' } }, ['spec.serviceAccount.namespace']],
    [
      'an account that leads elsewhere',
      { serviceAccount: { namespace: 'a/../kube-system', name: 'b/token?' } },
      ['spec.serviceAccount.namespace', 'spec.serviceAccount.name'],
    ],
    [
      'an account from a claim',
      { serviceAccount: { namespace: 'a', name: { claim: 'account' } } },
      ['spec.serviceAccount.name'],
    ],
    [
      'a token that ends sooner than Kubernetes gives one',
      { serviceAccount: { namespace: 'a', name: 'b', expirationSeconds: 60 } },
      ['spec.serviceAccount.expirationSeconds'],
    ],
    ['maxGroups with an account', { serviceAccount: { namespace: 'a', name: 'b' }, maxGroups: 5 }, ['spec.maxGroups']],
    ['no user', { impersonate: { groups: [] } }, ['spec.impersonate.user']],
    ['two sources', { impersonate: { user: { from: 'username', claim: 'email' } } }, ['spec.impersonate.user']],
    ['no source', { impersonate: { user: {} } }, ['spec.impersonate.user']],
    ['a user made of groups', { impersonate: { user: { from: 'groups' } } }, ['spec.impersonate.user.from']],
    [
      'a prefix of system:',
      { impersonate: { user: { from: 'username', prefix: 'system:' } } },
      ['spec.impersonate.user.prefix'],
    ],
    [
      'a prefix of system: for groups',
      { impersonate: { user: { from: 'username' }, groups: [{ claim: 'groups', prefix: 'system:serviceaccounts:' }] } },
      ['spec.impersonate.groups[0].prefix'],
    ],
    [
      'a prefix before a literal',
      { impersonate: { user: { value: 'a', prefix: 'b' } } },
      ['spec.impersonate.user.prefix'],
    ],
    [
      'an empty literal, which would be the gateway itself',
      { impersonate: { user: { value: '' } } },
      ['spec.impersonate.user.value'],
    ],
    [
      'a line break in a literal',
      { impersonate: { user: { value: 'a\r\nImpersonate-Group: system:masters' } } },
      ['spec.impersonate.user.value'],
    ],
    [
      'an upper-case extra key',
      { impersonate: { user: { from: 'username' }, extra: [{ key: 'Scopes', value: { value: 'x' } }] } },
      ['spec.impersonate.extra[0].key'],
    ],
    [
      'a filter for everything, for names within, for reserved names or beside a literal',
      {
        impersonate: {
          user: { from: 'username' },
          groups: [
            { from: 'groups', only: ['*', 'a*b', 'system:nodes', ''] },
            { value: 'a', only: ['a'] },
          ],
        },
      },
      [...[0, 1, 2, 3].map((at) => `spec.impersonate.groups[0].only[${at}]`), 'spec.impersonate.groups[1].only'],
    ],
    ['a filter of users', { impersonate: { user: { from: 'username', only: ['a'] } } }, ['spec.impersonate.user.only']],
    [
      'the extra key that is the gateway’s own',
      {
        impersonate: {
          user: { from: 'username' },
          extra: [{ key: 'gatehouse.dev/original-user', value: { from: 'username' } }],
        },
      },
      ['spec.impersonate.extra[0].key'],
    ],
    ['the gateway’s own cluster', { clusters: ['demo', 'gatehouse'], storedToken: {} }, ['spec.clusters']],
    ['maxGroups without impersonate', { storedToken: {}, maxGroups: 5 }, ['spec.maxGroups']],
    [
      'a subject of which no expression can say yes or no',
      {
        storedToken: {},
        subjects: [
          { issuer: 'demo' },
          ...['', 'claims.', 'user.username == "x"', 'claims.sub + "x"', 'claims.a.map(x, x) == []'].map(
            (expression) => ({
              issuer: 'demo',
              expression,
            }),
          ),
          { issuer: 'demo', expression: 'claims.email == "a@b.example"' },
        ],
      },
      [1, 2, 3, 4, 5, 6].map((at) => `spec.subjects[${at}].expression`),
    ],
    [
      'an expression about service identities, which have no claims',
      { storedToken: {}, subjects: [{ issuer: 'gatehouse', expression: 'claims.sub == "x"' }] },
      ['spec.subjects[0].expression'],
    ],
  ])('%s is refused', (_what, spec, expected) => {
    expect(paths(mapping(spec))).toEqual(expected);
  });
  test('an expression of a subject is accepted, and with a warning where it picks everybody or nobody', () => {
    const warningsOf = (expression: string): string[] =>
      warnings(mapping({ storedToken: {}, subjects: [{ issuer: 'demo', expression }] }));
    for (const picks of ["claims.department == 'ops'", "'ops' in claims.groups", "claims.?team.orValue('') == 'ops'"])
      expect(warningsOf(picks)).toEqual([]);
    expect(warningsOf('true')).toEqual([expect.stringContaining('it picks everybody; leave it out')]);
    expect(warningsOf('1 == 2')).toEqual([expect.stringContaining('it picks nobody')]);
    for (const open of ["claims.sub != ''", '!has(claims.contractor)', "claims.?team.orValue('') != 'ops'"])
      expect(warningsOf(open)).toEqual([expect.stringContaining('spec.subjects[0].expression is true of a token')]);
  });
  test('an access rule has no expressions', () => {
    const subjects = [{ issuer: 'demo', expression: 'claims.a == 1' }];
    const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }];
    expect(paths(object('AccessRule', { subjects, clusters: ['demo'], rules }))).toEqual([
      'spec.subjects[0].expression',
    ]);
  });
  test('a service account is accepted, and one of kube-system with a warning', () => {
    expect(warnings(mapping({ serviceAccount: { namespace: 'team-a', name: 'x.y', audiences: ['api'] } }))).toEqual([]);
    expect(warnings(mapping({ serviceAccount: { namespace: 'kube-system', name: 'x' } }))).toHaveLength(1);
  });
  test('a literal system: name is accepted, and system:masters with a warning', () => {
    const spec = {
      impersonate: { user: { value: 'system:serviceaccount:a:b' }, groups: [{ value: 'system:masters' }] },
    };
    expect(warnings(mapping(spec))).toEqual([expect.stringContaining('system:masters')]);
  });
});
