import { describe, expect, it } from 'vitest';
import { findDrift } from './find-drift.ts';
import { describeJudged, judgeRights } from './judge-rights.ts';
import type { PolicyRule } from './rbac-objects.ts';
import { toManifests } from './to-manifests.ts';

const users = (...names: string[]): PolicyRule => ({
  verbs: ['impersonate'],
  apiGroups: [''],
  resources: ['users'],
  ...(names.length > 0 ? { resourceNames: names } : {}),
});
const tokens: PolicyRule = {
  verbs: ['create'],
  apiGroups: [''],
  resources: ['serviceaccounts/token'],
  resourceNames: ['ci'],
};
const needed = { everywhere: [users('ada', 'bob')], inNamespaces: new Map([['a', [tokens]]]) };
const judge = (inA: PolicyRule[], inB: PolicyRule[] = []) => {
  const held = new Map([['a', inA], ...(inB.length > 0 ? ([['b', inB]] as const) : [])]);
  const { missing, excess } = judgeRights(needed, held);
  return { missing: missing.map(describeJudged), excess: excess.map(describeJudged) };
};

describe('a credential', () => {
  it('that may do everything is told so, and lacks nothing', () => {
    const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(judge([all, { verbs: ['*'], nonResourceURLs: ['*'] }])).toEqual({
      missing: [],
      excess: ['* * (*)', '* "*"'],
    });
  });
  it('that may become one more, or everybody, is told so', () => {
    expect(judge([users('ada', 'bob', 'eve'), tokens]).excess).toEqual(['impersonate users (core) "eve"']);
    expect(judge([users(), tokens])).toEqual({ missing: [], excess: ['impersonate users (core)'] });
  });
  it('that may read one secret in one namespace is told where', () => {
    const secret = { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['s'] };
    expect(judge([users('ada', 'bob'), tokens], [users('ada', 'bob'), secret]).excess).toEqual([
      'get secrets (core) "s" in "b"',
    ]);
  });
  it('that lacks somebody or something is told what', () => {
    expect(judge([users('ada')]).missing).toEqual([
      'create serviceaccounts/token (core) "ci"',
      'impersonate users (core) "bob"',
    ]);
    expect(judge([])).toEqual({
      missing: ['create serviceaccounts/token (core) "ci"', 'impersonate users (core) "ada", "bob"'],
      excess: [],
    });
  });
  it('that has what is needed, however it is cut, is well; what everybody has does not count', () => {
    const review = {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    };
    const urls = { verbs: ['get'], nonResourceURLs: ['/api/*', '/version'] };
    expect(judge([users('ada'), users('bob'), tokens, review, urls])).toEqual({ missing: [], excess: [] });
  });
});

describe('drift', () => {
  const subject = { kind: 'ServiceAccount', namespace: 'gatehouse', name: 'gateway' } as const;
  const wanted = toManifests(needed, subject, 'gatehouse');
  const drift = (change: (object: (typeof wanted)[number]) => (typeof wanted)[number] | undefined) =>
    findDrift(
      wanted,
      wanted.map(change).filter((object) => object !== undefined),
    );
  it('is found in a rule, a subject, an absent object and one too many', () => {
    expect(
      drift((object) => (object.kind === 'ClusterRole' ? { ...object, rules: [users('ada', 'eve')] } : object)),
    ).toEqual([
      {
        object: 'ClusterRole/gatehouse',
        lines: ['- impersonate users (core) "eve"', '+ impersonate users (core) "bob"'],
      },
    ]);
    expect(
      drift((object) =>
        object.kind === 'RoleBinding' ? { ...object, subjects: [{ ...subject, name: 'thief' }] } : object,
      ),
    ).toEqual([
      {
        object: 'RoleBinding/a/gatehouse',
        lines: ['- to ServiceAccount "gatehouse/thief"', '+ to ServiceAccount "gatehouse/gateway"'],
      },
    ]);
    expect(drift((object) => (object.kind === 'Role' ? undefined : object))).toEqual([
      { object: 'Role/a/gatehouse', lines: ['+ create serviceaccounts/token (core) "ci"'] },
    ]);
    expect(findDrift(wanted.slice(0, 2), wanted)).toMatchObject([
      { object: 'Role/a/gatehouse' },
      { object: 'RoleBinding/a/gatehouse' },
    ]);
  });
  it('is not found in the order or the cut of rules', () => {
    expect(
      drift((object) => (object.kind === 'ClusterRole' ? { ...object, rules: [users('bob'), users('ada')] } : object)),
    ).toEqual([]);
  });
});
