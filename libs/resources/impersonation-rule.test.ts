import { describe, expect, test } from 'vitest';
import { validateObject } from '#resources';

function paths(rule: object): string[] {
  const result = validateObject({
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'AccessRule',
    metadata: { name: 'x' },
    spec: { subjects: [{ issuer: 'demo' }], clusters: ['demo'], rules: [{ verbs: ['impersonate'], ...rule }] },
  });
  return result.ok ? [] : result.problems.map(({ path }) => path.replace('spec.rules[0].', ''));
}

describe('a rule with the verb impersonate', () => {
  test.each([
    [
      'beside another verb',
      { verbs: ['impersonate', 'get'], apiGroups: [''], resources: ['users'], resourceNames: ['a'] },
      ['verbs'],
    ],
    ['beside the wildcard', { verbs: ['*', 'impersonate'], apiGroups: [''], resources: ['users'] }, ['verbs']],
    ['of every resource', { apiGroups: ['*'], resources: ['*'] }, ['resources[0]']],
    ['of pods', { apiGroups: [''], resources: ['users', 'pods'] }, ['resources[1]']],
    ['of every extra', { apiGroups: ['authentication.k8s.io'], resources: ['userextras'] }, ['resources[0]']],
    [
      'of every extra, by a wildcard',
      { apiGroups: ['*'], resources: ['userextras/*'] },
      ['resources[0]', 'resources[0]'],
    ],
    ['in a group where the resource is not', { apiGroups: [''], resources: ['uids'] }, ['resources[0]']],
    ['of users in the group of uids', { apiGroups: ['authentication.k8s.io'], resources: ['users'] }, ['resources[0]']],
    ['of every service account', { apiGroups: [''], resources: ['serviceaccounts'] }, ['resourceNames']],
    [
      'of system:masters',
      { apiGroups: [''], resources: ['groups'], resourceNames: ['a', 'system:masters'] },
      ['resourceNames'],
    ],
    ['of users in a namespace', { apiGroups: [''], resources: ['users'], namespaces: ['a'] }, ['namespaces']],
    ['of a pattern of names', { apiGroups: [''], resources: ['users'], resourceNames: ['a*'] }, ['resourceNames[0]']],
    ['without resources', { apiGroups: [''] }, ['resources']],
    ['of paths', { nonResourceURLs: ['/'] }, ['nonResourceURLs']],
  ])('is refused %s', (_what, rule, expected) => {
    expect(paths(rule)).toEqual(expected);
  });
  test.each([
    ['users by name', { apiGroups: [''], resources: ['users'], resourceNames: ['demo:bob', 'CN=Ada B, OU=x/y%'] }],
    ['all users but those of the cluster', { apiGroups: [''], resources: ['users'] }],
    ['a name of the cluster', { apiGroups: [''], resources: ['groups'], resourceNames: ['system:nodes'] }],
    ['an extra', { apiGroups: ['authentication.k8s.io'], resources: ['userextras/example.com/team', 'uids'] }],
    ['an account', { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['ci'], namespaces: ['a'] }],
    ['all at once', { apiGroups: ['', 'authentication.k8s.io'], resources: ['users', 'groups', 'uids'] }],
  ])('is accepted: %s', (_what, rule) => {
    expect(paths(rule)).toEqual([]);
  });
  test('an ordinary rule still takes names of objects only', () => {
    expect(
      paths({ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a b', 'a/b', 'a%b'] }),
    ).toEqual(['resourceNames[0]', 'resourceNames[1]', 'resourceNames[2]']);
  });
});
