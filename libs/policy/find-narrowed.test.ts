import { describe, expect, test } from 'vitest';
import { parseRequest } from '#kube';
import type { Identity, Narrowing } from '#model';
import { compilePolicy } from './compile-policy.ts';
import { decide } from './decide.ts';
import { bob as owner } from './testdata/people.ts';

const everything = compilePolicy([
  {
    name: 'everything',
    subjects: [{ issuer: owner.issuer }],
    clusters: ['*', 'gatehouse'],
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*', 'services/proxy'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
  },
]);
const nothing = compilePolicy([]);

function verdict(
  narrowing: Narrowing | undefined,
  target: string,
  method = 'GET',
  cluster = 'demo',
  policy = everything,
) {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(parsed.message);
  const identity = { ...owner, narrowing } as Identity;
  return decide(policy, identity, cluster, parsed.request, { upgrade: false, sourceAddress: '127.0.0.1', nowMs: 0 });
}

describe('an access token is narrowed', () => {
  test.each<[string, Narrowing, string, string?, string?]>([
    ['to other clusters', { clusters: ['other'] }, '/api/v1/pods'],
    ['to nothing in particular, and asks for the gateway’s own objects', {}, '/api', 'GET', 'gatehouse'],
    ['to another namespace', { namespaces: ['b'] }, '/api/v1/namespaces/a/pods'],
    ['to a namespace, and asks across all', { namespaces: ['a'] }, '/api/v1/pods'],
    ['to a namespace, and asks for a cluster-scoped object', { namespaces: ['a'] }, '/api/v1/nodes/a'],
    ['to verbs, and asks for another', { verbs: ['get', 'list'] }, '/api/v1/namespaces/a/pods?watch=1'],
    [
      'to get, and asks for exec by GET, which is create as well',
      { verbs: ['get'] },
      '/api/v1/namespaces/a/pods/p/exec',
    ],
    ['to pods, and asks for their logs', { resources: ['pods'] }, '/api/v1/namespaces/a/pods/p/log'],
    [
      'to a resource of another group',
      { resources: ['deployments.extensions'] },
      '/apis/apps/v1/namespaces/a/deployments',
    ],
    ['to resources, and asks for metrics', { resources: ['pods'] }, '/metrics'],
    ['to verbs, and asks for logs of the node', { verbs: ['get'] }, '/logs/kube-apiserver.log'],
    ['to no cluster at all', { clusters: [] }, '/api/v1/pods'],
  ])('%s: denied, and told why', (_what, narrowing, target, method, cluster) => {
    const decision = verdict(narrowing, target, method, cluster);
    expect(decision).toMatchObject({ allowed: false, rule: undefined });
    expect(decision.reason).toContain('access token');
  });

  test.each<[string, Narrowing | undefined, string, string?, string?]>([
    ['not at all', undefined, '/api/v1/pods'],
    ['to nothing', {}, '/api/v1/pods'],
    ['to the gateway’s own objects by name', { clusters: ['gatehouse'] }, '/api', 'GET', 'gatehouse'],
    ['to this namespace', { namespaces: ['a'] }, '/api/v1/namespaces/a/pods'],
    ['to this verb', { verbs: ['watch'] }, '/api/v1/namespaces/a/pods?watch=1'],
    ['to this subresource', { resources: ['pods/log'] }, '/api/v1/namespaces/a/pods/p/log'],
    ['to this resource of this group', { resources: ['deployments.apps'] }, '/apis/apps/v1/namespaces/a/deployments'],
    ['to a namespace, and reads what clients must know', { namespaces: ['a'] }, '/apis/apps/v1'],
    ['to a namespace, and reads the schema', { namespaces: ['a'] }, '/openapi/v3'],
  ])('%s: allowed by the owner’s rules', (_what, narrowing, target, method, cluster) => {
    expect(verdict(narrowing, target, method, cluster)).toMatchObject({ allowed: true, rule: 'everything' });
  });

  test('and never widened: what the owner may not, it may not', () => {
    expect(verdict({ verbs: ['list'] }, '/api/v1/pods', 'GET', 'demo', nothing).allowed).toBe(false);
  });
});
