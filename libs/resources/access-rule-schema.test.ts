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
    '/**/b',
  ])('the raw path %j is refused', (path) => {
    expect(paths(ruleOf({ methods: ['GET'], paths: [path] }))).toEqual(['spec.rules[0].paths[0]']);
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
