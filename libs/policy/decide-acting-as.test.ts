import { describe, expect, it } from 'vitest';
import { impersonationRequests } from '#kube';
import type { AccessRuleInput, Rule } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { decideActingAs } from './decide-acting-as.ts';
import { bob, ordinary, person, rule } from './testdata/people.ts';

interface Asked {
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

const decideFor = (rules: AccessRuleInput[], asked: Asked, who = bob, cluster = 'demo') =>
  decideActingAs(
    compilePolicy(rules),
    who,
    cluster,
    impersonationRequests({ user: 'demo:eve', groups: [], uid: undefined, extra: {}, ...asked }),
    ordinary,
  );
const may = (rules: Rule[], asked: Asked = {}) => decideFor([rule('r', rules)], asked).allowed;
const impersonate = (resource: string, names?: string[], more: Partial<Rule> = {}): Rule => ({
  verbs: ['impersonate'],
  apiGroups: [/^u(id|serextra)s/.test(resource) ? 'authentication.k8s.io' : ''],
  resources: [resource],
  ...(names ? { resourceNames: names } : {}),
  ...more,
});
const users = impersonate('users', ['demo:eve']);

describe('nobody acts as anybody', () => {
  it('by a rule that allows everything', () => {
    const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*', 'users', 'groups'] };
    expect(may([all])).toBe(false);
    expect(may([{ ...all, methods: ['*'], paths: ['/**'] }])).toBe(false);
    expect(may([impersonate('*')])).toBe(false);
  });
  it('by a rule for somebody else, another cluster, another name, or in Report', () => {
    expect(decideFor([rule('r', users)], {}, person('demo:mallory')).allowed).toBe(false);
    expect(decideFor([rule('r', users)], {}, bob, 'other').allowed).toBe(false);
    expect(decideFor([rule('r', users, { mode: 'Report' })], {}).allowed).toBe(false);
    expect(may([impersonate('users', ['demo:eve2'])])).toBe(false);
    expect(may([impersonate('groups', ['demo:eve'])])).toBe(false);
    expect(may([impersonate('users', ['demo:eve'], { apiGroups: ['authentication.k8s.io'] })])).toBe(false);
  });
  it('unless every group, the uid and every extra is given as well', () => {
    const asked = { groups: ['a', 'b'], uid: '7', extra: { 'a.io/b': ['x', 'y'] } };
    const all = [
      users,
      impersonate('groups', ['a', 'b']),
      impersonate('uids', ['7']),
      impersonate('userextras/a.io/b', ['x', 'y']),
    ];
    expect(may(all, asked)).toBe(true);
    for (let left = 0; left < all.length; left++)
      expect([
        left,
        may(
          all.filter((_, at) => at !== left),
          asked,
        ),
      ]).toEqual([left, false]);
    expect(may(all, { ...asked, groups: ['a', 'b', 'c'] })).toBe(false);
    expect(may(all, { ...asked, uid: '8' })).toBe(false);
    expect(may(all, { ...asked, extra: { 'a.io/b': ['x', 'z'] } })).toBe(false);
    expect(may(all, { ...asked, extra: { 'a.io/c': ['x'] } })).toBe(false);
  });
  it('of the cluster itself by a rule without names', () => {
    const open = [impersonate('users'), impersonate('groups'), impersonate('serviceaccounts')];
    expect(may(open, { groups: ['anything'] })).toBe(true);
    for (const user of ['system:admin', 'system:kube-controller-manager', 'system:serviceaccount:kube-system:x'])
      expect([user, may(open, { user })]).toEqual([user, false]);
    for (const group of ['system:masters', 'system:authenticated', 'system:'])
      expect([group, may(open, { groups: [group] })]).toEqual([group, false]);
    expect(may([...open, impersonate('users', ['system:admin'])], { user: 'system:admin' })).toBe(true);
    expect(may([users, impersonate('groups', ['system:nodes'])], { groups: ['system:nodes'] })).toBe(true);
  });
  it('whom a Deny names, or denies with everything', () => {
    for (const deny of [
      users,
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['impersonate'], apiGroups: [''], resources: ['users'] },
    ])
      expect(decideFor([rule('r', users), rule('d', deny, { effect: 'Deny' })], {})).toMatchObject({
        allowed: false,
        rule: 'd',
        reason: expect.stringContaining('access rule "d" denies it'),
      });
  });
  it('on the gateway’s own cluster by a wildcard', () => {
    expect(decideFor([rule('r', users, { clusters: ['*'] })], {}, bob, 'gatehouse').allowed).toBe(false);
  });
  it('beyond what an access token is narrowed to', () => {
    const narrowed = { ...bob, narrowing: { verbs: ['get'] } } as typeof bob;
    expect(decideFor([rule('r', users)], {}, narrowed).allowed).toBe(false);
  });
});

describe('somebody acts as somebody', () => {
  it('by rules that say so, which are named', () => {
    const rules = [rule('a', users), rule('b', impersonate('groups', ['g']), { clusters: ['*'] })];
    expect(decideFor(rules, { groups: ['g'] })).toEqual({ allowed: true, rules: ['a', 'b'] });
  });
  it('as an account in the namespaces of the rule', () => {
    const account = impersonate('serviceaccounts', ['ci'], { namespaces: ['team-a'] });
    expect(may([account], { user: 'system:serviceaccount:team-a:ci' })).toBe(true);
    expect(may([account], { user: 'system:serviceaccount:team-b:ci' })).toBe(false);
    expect(may([account], { user: 'system:serviceaccount:team-a:cd' })).toBe(false);
    expect(may([impersonate('serviceaccounts', ['ci'])], { user: 'system:serviceaccount:x:ci' })).toBe(true);
  });
  it('and is told what is missing', () => {
    expect(decideFor([rule('r', users)], { groups: ['g"\n'] })).toMatchObject({
      reason: expect.stringContaining(
        'User "demo:bob" (issuer demo) cannot impersonate groups "g\\"\\n" on cluster "demo": no access rule allows it;',
      ),
    });
  });
});
