import { describe, expect, it } from 'vitest';
import { validateObject, type ResourceObject } from '#resources';
import { neededRights } from './needed-rights.ts';

const object = (kind: string, name: string, spec: object): ResourceObject => {
  const result = validateObject({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.object;
};
const USER = { from: 'username' };
const people = [{ issuer: 'demo', user: 'demo:ada' }];
const mapping = (spec: object, name = 'm') =>
  object('Mapping', name, { subjects: people, clusters: ['prod'], ...spec });
const rule = (rules: object[], more: object = {}, name = 'r') =>
  object('AccessRule', name, { subjects: [{ issuer: 'demo' }], clusters: ['prod'], rules, ...more });
const rights = (objects: ResourceObject[], constrained = true) =>
  neededRights(objects, { cluster: 'prod', constrained, accessReviews: false });
const inNamespaces = (objects: ResourceObject[]) => Object.fromEntries(rights(objects).inNamespaces);

const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const onPods = { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:user-info:get'] };

describe('nobody gives the credential', () => {
  it('anything for another cluster, a Deny, a Report, or people whom no mapping impersonates', () => {
    const ada = mapping({ impersonate: { user: USER } });
    expect(rights([rule([pods])]).everywhere).toEqual([]);
    expect(rights([mapping({ storedToken: {} }), rule([pods])]).everywhere).toEqual([]);
    expect(rights([mapping({ impersonate: { user: USER }, clusters: ['other'] }), rule([pods])]).everywhere).toEqual(
      [],
    );
    for (const more of [
      { effect: 'Deny' },
      { mode: 'Report' },
      { clusters: ['other'] },
      { subjects: [{ issuer: 'other' }] },
      { subjects: [{ issuer: 'demo', user: 'demo:eve' }] },
    ])
      expect(rights([ada, rule([pods], more)]).everywhere).toEqual([
        {
          apiGroups: ['authentication.k8s.io'],
          resources: ['users'],
          resourceNames: ['demo:ada'],
          verbs: ['impersonate:user-info'],
        },
      ]);
  });
  it('system:masters, even where a mapping spells it', () => {
    const { everywhere, warnings } = rights([
      mapping({ impersonate: { user: USER, groups: [{ value: 'system:masters' }, { value: 'ops' }] } }),
    ]);
    expect(JSON.stringify(everywhere)).not.toContain('masters');
    expect(JSON.stringify(everywhere)).toContain('ops');
    expect(warnings.join()).toContain('system:masters');
  });
});

describe('whom the credential may become', () => {
  it('is every listed user, and all of them, with a warning, where a mapping lists none', () => {
    const listed = rights([mapping({ impersonate: { user: { from: 'username', prefix: 'x:' } } })], false);
    expect(listed.everywhere).toEqual([
      { apiGroups: [''], resources: ['users'], resourceNames: ['x:demo:ada'], verbs: ['impersonate'] },
    ]);
    expect(listed.warnings).toEqual([]);
    const open = rights([mapping({ subjects: [{ issuer: 'demo' }], impersonate: { user: USER } })], false);
    expect(open.everywhere).toEqual([{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'] }]);
    expect(open.warnings).toEqual([expect.stringContaining('mapping "m" does not list its users')]);
    const claimed = rights([mapping({ impersonate: { user: { claim: 'email' } } })], false);
    expect(claimed.everywhere[0]).not.toHaveProperty('resourceNames');
  });
  it('is groups by name only: those of the filter, or those that anything names', () => {
    const groups = (source: object) =>
      rights(
        [
          mapping({ impersonate: { user: { value: 'u' }, groups: [source] } }),
          rule([pods], { subjects: [{ issuer: 'demo', group: 'demo:a' }], clusters: ['other'] }),
          rule([pods], { subjects: [{ issuer: 'demo', group: 'demo:b' }], effect: 'Deny' }, 's'),
          rule([pods], { subjects: [{ issuer: 'foreign', group: 'c' }] }, 't'),
        ],
        false,
      );
    const names = (source: object) =>
      groups(source).everywhere.find(({ resources }) => resources?.includes('groups'))?.resourceNames;
    expect(names({ from: 'groups' })).toEqual(['demo:a', 'demo:b']);
    expect(names({ from: 'groups', prefix: 'x:' })).toEqual(['x:demo:a', 'x:demo:b']);
    expect(names({ from: 'groups', only: ['demo:a', 'other', 'demo:b*'] })).toEqual(['demo:a', 'demo:b', 'other']);
    expect(names({ claim: 'g' })).toBeUndefined();
    expect(names({ claim: 'g', only: ['g1'] })).toEqual(['g1']);
    expect(groups({ claim: 'g' }).warnings).toEqual([expect.stringContaining('list them in `only`')]);
    expect(groups({ from: 'groups', only: ['g1'] }).warnings).toEqual([]);
  });
  it('is uids and extras where they are sent, by value where it is literal', () => {
    const { everywhere } = rights([
      mapping({
        impersonate: {
          user: { value: 'u' },
          uid: { from: 'uid' },
          extra: [
            { key: 'a.io/issuer', value: { value: 'demo' } },
            { key: 'a.io/mail', value: { claim: 'email' } },
          ],
        },
      }),
    ]);
    const of = (resource: string) => everywhere.find(({ resources }) => resources?.includes(resource));
    expect(of('uids')).toEqual({
      apiGroups: ['authentication.k8s.io'],
      resources: ['uids', 'userextras/a.io/mail'],
      verbs: ['impersonate:user-info'],
    });
    expect(of('userextras/a.io/issuer')).toMatchObject({ resourceNames: ['demo'] });
  });
  it('is a service account in its namespace, by its own mode, and by the old one where it has an extra', () => {
    const account = { user: { value: 'system:serviceaccount:team-a:ci' } };
    expect(inNamespaces([mapping({ impersonate: account }), rule([pods])])).toEqual({
      'team-a': [
        {
          apiGroups: ['authentication.k8s.io'],
          resources: ['serviceaccounts'],
          resourceNames: ['ci'],
          verbs: ['impersonate:serviceaccount'],
        },
      ],
    });
    expect(rights([mapping({ impersonate: account }), rule([pods])]).everywhere).toEqual([
      { ...onPods, verbs: ['impersonate-on:serviceaccount:get'] },
    ]);
    const extra = { ...account, extra: [{ key: 'a.io/b', value: { value: 'c' } }] };
    const { everywhere, inNamespaces: placed, warnings } = rights([mapping({ impersonate: extra }), rule([pods])]);
    expect(placed.get('team-a')).toMatchObject([{ apiGroups: [''], verbs: ['impersonate'] }]);
    expect(everywhere).toMatchObject([{ resources: ['userextras/a.io/b'], verbs: ['impersonate'] }]);
    expect(warnings).toEqual([expect.stringContaining('is not limited')]);
  });
});

describe('tokens and reviews', () => {
  it('are given for mapped accounts only, each in its namespace', () => {
    const account = (namespace: string, name: string) => mapping({ serviceAccount: { namespace, name } }, name);
    expect(inNamespaces([account('a', 'x'), account('a', 'y'), account('b', 'z')])).toEqual({
      a: [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['x', 'y'], verbs: ['create'] }],
      b: [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['z'], verbs: ['create'] }],
    });
  });
  it('access reviews only where they are asked for', () => {
    expect(neededRights([], { cluster: 'prod', constrained: true, accessReviews: true }).everywhere).toEqual([
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
  });
});

describe('what may be done as somebody', () => {
  const ada = mapping({ impersonate: { user: { value: 'u' } } });
  const acts = (...rules: object[]) => {
    const { everywhere, inNamespaces: placed } = rights([ada, rule(rules)]);
    return { all: everywhere.filter(({ verbs }) => verbs[0]?.startsWith('impersonate-on')), placed };
  };
  it('is not limited, and not asked for, where the cluster has only the old verb', () => {
    expect(rights([ada, rule([pods])], false).everywhere).toHaveLength(1);
  });
  it('is each verb of the rules, spelled out, since RBAC has no wildcard within one', () => {
    expect(acts({ ...pods, verbs: ['*'] }).all[0]?.verbs).toEqual(
      ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'].map(
        (verb) => `impersonate-on:user-info:${verb}`,
      ),
    );
  });
  it('is the verb proxy where a rule names it, in the groups that it names', () => {
    const verbs = (...rules: object[]) =>
      Object.fromEntries(
        rights([ada, rule(rules)])
          .everywhere.filter((entry) => entry.verbs.some((verb) => verb.startsWith('impersonate-on')))
          .map((entry) => [`${entry.apiGroups}/${entry.resources}`, entry.verbs]),
      );
    expect(verbs({ verbs: ['proxy'], apiGroups: ['x.io'], resources: ['targets'] })).toEqual({
      'x.io/targets': ['impersonate-on:user-info:proxy'],
    });
    expect(verbs({ verbs: ['proxy'], apiGroups: ['', '*'], resources: ['targets'] })).toEqual({});
    expect(JSON.stringify(verbs({ verbs: ['*'], apiGroups: ['x.io'], resources: ['*'] }))).not.toContain(':proxy');
  });
  it('is the empty verb of OPTIONS where a rule gives it behind a proxy', () => {
    const emptyOn = (entry: object): string[] =>
      rights([ada, rule([entry])])
        .everywhere.concat(...rights([ada, rule([entry])]).inNamespaces.values())
        .filter((given) => given.verbs.includes('impersonate-on:user-info:'))
        .flatMap((given) => given.resources ?? []);
    const proxy = { apiGroups: [''], resources: ['services/proxy', 'services'] };
    expect(emptyOn({ verbs: ['*'], ...proxy })).toEqual(['services/proxy']);
    expect(emptyOn({ verbs: ['*'], ...proxy, resourceNames: ['web'] })).toEqual(['services/proxy']);
    expect(emptyOn({ verbs: ['get', 'create'], ...proxy })).toEqual([]);
    expect(emptyOn({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] })).toEqual([]);
    const page = '/api/v1/namespaces/a/services/web/proxy/**';
    expect(emptyOn({ methods: ['OPTIONS'], paths: [page] })).toEqual(['services/proxy']);
    expect(emptyOn({ methods: ['GET'], paths: [page] })).toEqual([]);
    expect(emptyOn({ methods: ['*'], paths: ['/**'] })).toEqual([]);
  });
  it('is in the namespaces of the rules, but for what is given everywhere anyway', () => {
    expect(acts({ ...pods, namespaces: ['a', 'b'] }).placed).toEqual(
      new Map([
        ['a', [onPods]],
        ['b', [onPods]],
      ]),
    );
    expect(acts({ ...pods, namespaces: ['a'] }, { ...pods, verbs: ['get', 'list'] }).placed.size).toBe(0);
  });
  it('has no names where one is a service’s own, which covers all its ports', () => {
    const proxy = { verbs: ['get'], apiGroups: [''], resources: ['pods', 'services/proxy'], resourceNames: ['web'] };
    expect(acts(proxy).all).toEqual([
      { ...onPods, resources: ['pods'], resourceNames: ['web'] },
      { ...onPods, resources: ['services/proxy'] },
    ]);
    expect(acts({ ...proxy, resourceNames: ['web:80'] }).all).toEqual([
      { ...onPods, resources: ['pods', 'services/proxy'], resourceNames: ['web:80'] },
    ]);
  });
  it.each([
    ['/version', [], [{ nonResourceURLs: ['/version'], verbs: ['get', 'head'] }]],
    ['/logs/**', [], [{ nonResourceURLs: ['/logs/*'], verbs: ['get', 'head'] }]],
    ['/api/v1/nodes/n1', [{ resources: ['nodes'], resourceNames: ['n1'], verbs: ['get'] }], []],
    ['/api/v1/namespaces/x/status', [{ resources: ['namespaces/status'], resourceNames: ['x'], verbs: ['get'] }], []],
    ['/apis/apps/v1/deployments', [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] }], []],
    ['/apis/*/v1/x/**', [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }], []],
    ['/api/v1/namespaces/*/pods/*/log', [{ resources: ['pods/log'], verbs: ['get'] }], []],
  ])('is what the raw path %s matches', (path, resources, urls) => {
    const expected = [...resources, ...urls].map((entry) => ({
      ...('nonResourceURLs' in entry ? {} : { apiGroups: [''] }),
      ...entry,
      verbs: entry.verbs.map((verb) => `impersonate-on:user-info:${verb}`),
    }));
    expect(acts({ methods: ['GET'], paths: [path] }).all).toEqual(expected);
  });
  it('is in the namespace that a raw path names', () => {
    expect([...acts({ methods: ['POST'], paths: ['/api/v1/namespaces/a/pods'] }).placed]).toEqual([
      ['a', [{ ...onPods, verbs: ['impersonate-on:user-info:create'] }]],
    ]);
  });
});

describe('who acts as somebody else', () => {
  const ada = mapping({ impersonate: { user: USER } });
  const act = (resource: string, resourceNames?: string[], more: object = {}) => ({
    verbs: ['impersonate'],
    apiGroups: ['', 'authentication.k8s.io'],
    resources: [resource],
    ...(resourceNames ? { resourceNames } : {}),
    ...more,
  });
  const original = {
    apiGroups: ['authentication.k8s.io'],
    resources: ['userextras/gatehouse.dev/original-user'],
    resourceNames: ['demo:ada'],
  };
  it('needs nothing where no rule gives it, or one for people who are not mapped', () => {
    expect(rights([ada]).everywhere).toHaveLength(1);
    expect(
      rights([ada, rule([act('users', ['b'])], { subjects: [{ issuer: 'demo', user: 'demo:eve' }] })]).everywhere,
    ).toHaveLength(1);
  });
  it('needs the names, who they are themselves, and the cluster’s word', () => {
    const { everywhere, warnings } = rights([ada, rule([act('users', ['demo:bob']), act('groups', ['demo:g'])])]);
    expect(everywhere).toEqual([
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['groups'],
        resourceNames: ['demo:g'],
        verbs: ['impersonate:user-info'],
      },
      { ...original, verbs: ['impersonate:user-info'] },
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['users'],
        resourceNames: ['demo:ada', 'demo:bob'],
        verbs: ['impersonate:user-info'],
      },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
    expect(warnings).toEqual([]);
  });
  it('as a service account is not limited, and is said so', () => {
    const account = act('serviceaccounts', ['ci'], { namespaces: ['team-a'] });
    const { everywhere, inNamespaces: placed, warnings } = rights([ada, rule([account])]);
    expect(everywhere).toContainEqual({ ...original, verbs: ['impersonate'] });
    expect(placed.get('team-a')).toEqual([
      { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['ci'], verbs: ['impersonate'] },
    ]);
    expect(warnings).toEqual([expect.stringContaining('not limited')]);
  });
  it('as anybody is a warning', () => {
    expect(rights([ada, rule([act('users'), act('groups'), act('userextras/scopes')])]).warnings).toEqual([
      expect.stringContaining('any user'),
      expect.stringContaining('any group'),
      expect.stringContaining('no domain'),
    ]);
  });
});
