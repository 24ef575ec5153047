import { describe, expect, test } from 'vitest';
import { compilePolicy, decide, type AccessRuleInput } from '#policy';
import { parseRequest } from '#kube';
import { validateObject } from '#resources';
import { importRbac, type ImportRbacOptions } from './import-rbac.ts';
import { readRbac } from './read-rbac.ts';
import { supposeIdentity } from '../suppose-identity.ts';

const head = (kind: string, name: string, namespace?: string): string =>
  `{apiVersion: rbac.authorization.k8s.io/v1, kind: ${kind}, metadata: {name: "${name}"${namespace ? `, namespace: ${namespace}` : ''}}`;
const role = (name: string, rules: string, namespace?: string): string =>
  `${head(namespace ? 'Role' : 'ClusterRole', name, namespace)}, rules: [${rules}]}\n---\n`;
const binding = (name: string, ref: string, subjects: string, namespace?: string): string =>
  `${head(namespace ? 'RoleBinding' : 'ClusterRoleBinding', name, namespace)}, roleRef: {kind: ${ref.split('/')[0]}, name: ${ref.split('/')[1]}}, subjects: [${subjects}]}\n---\n`;
const BOB = '{kind: User, name: bob}';
const READ_PODS = '{apiGroups: [""], resources: [pods], verbs: [get, list]}';

const run = (text: string, more: Partial<ImportRbacOptions> = {}) => {
  const read = readRbac(text, 'roles.yaml');
  expect(read.problems).toEqual([]);
  const imported = importRbac(read, { issuer: 'demo', clusters: ['prod'], ...more });
  for (const object of imported.objects) expect(validateObject(object)).toMatchObject({ ok: true });
  return imported;
};

function allows(text: string, user: string, line: string, groups: string[] = []): boolean {
  const rules = run(text).objects.map(({ spec, metadata }) => ({ ...(spec as AccessRuleInput), name: metadata.name }));
  const [method = '', target = ''] = line.split(' ');
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(parsed.message);
  const identity = supposeIdentity({ issuer: 'demo', username: user, groups });
  const context = { upgrade: false, sourceAddress: '', nowMs: 0 };
  return decide(compilePolicy(rules), identity, 'prod', parsed.request, context).allowed;
}

describe('an import of RBAC refuses', () => {
  test('a role or binding that cannot be read, with its place: half a role is another role', () => {
    const { problems } = readRbac(`${role('a', '{verbs: get}')}${head('RoleBinding', 'b')}}`, 'roles.yaml');
    expect(problems).toEqual([
      'roles.yaml, document 1 (line 1), ClusterRole "a": rules[0].verbs must be a list',
      'roles.yaml, document 2 (line 3), RoleBinding "b": roleRef is required (a map of keys)',
    ]);
  });
  test('text that is no YAML', () => {
    expect(readRbac('a: [', 'x').problems).toHaveLength(1);
  });
});

describe('an import of RBAC leaves out, with a warning,', () => {
  const saysOf = (text: string, more: Partial<ImportRbacOptions> = {}): string => run(text, more).warnings.join('\n');
  test('who is no person: service accounts, parts of the cluster, the unauthenticated', () => {
    const text = role('r', READ_PODS);
    for (const [subject, says] of [
      ['{kind: ServiceAccount, name: x, namespace: y}', 'service accounts are left out'],
      ['{kind: User, name: "system:serviceaccount:y:x"}', 'service accounts are left out'],
      ['{kind: Group, name: "system:serviceaccounts"}', 'service accounts are left out'],
      ['{kind: Group, name: "system:masters"}', 'named system:… are left out'],
      ['{kind: User, name: "system:kube-proxy"}', 'named system:… are left out'],
      ['{kind: Group, name: "system:unauthenticated"}', 'nobody passes this gateway without logging in'],
    ] as const) {
      const { objects, warnings } = run(text + binding('b', 'ClusterRole/r', subject));
      expect([objects, warnings.join()]).toEqual([[], expect.stringContaining(says)]);
    }
  });
  test('verbs that no request has, and the whole rule where no verb is left', () => {
    const text =
      role('r', '{apiGroups: [""], resources: [users], verbs: [impersonate, bind]}') +
      binding('b', 'ClusterRole/r', BOB);
    expect(run(text).objects).toEqual([]);
    expect(saysOf(text)).toMatch(/"impersonate" is left out[\s\S]*"bind" is left out[\s\S]*gives nothing/);
  });
  test('a name that no request can have, and never turns the rule into one for all names', () => {
    const text =
      role('r', '{apiGroups: [""], resources: [secrets], resourceNames: ["a*"], verbs: [get]}') +
      binding('b', 'ClusterRole/r', BOB);
    expect(run(text).objects).toEqual([]);
    expect(saysOf(text)).toContain('resourceNames "a*" is left out');
  });
  test('wildcards of subresources that RBAC does not have, and proxies by wildcard', () => {
    const text =
      role('r', '{apiGroups: [""], resources: ["pods/*", "*/proxy", pods], verbs: [get]}') +
      binding('b', 'ClusterRole/r', BOB);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/x/pods/y/log')).toBe(false);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/x/pods/y/proxy')).toBe(false);
    expect(saysOf(text)).toMatch(/"pods\/\*" is left out[\s\S]*covers no proxy/);
  });
  test('URLs of a RoleBinding, which in Kubernetes gives none either', () => {
    const text = role('r', '{nonResourceURLs: ["*"], verbs: [get]}') + binding('b', 'ClusterRole/r', BOB, 'team-a');
    expect(run(text).objects).toEqual([]);
  });
  test('a binding whose role is unknown, and a role that nothing binds', () => {
    expect(saysOf(binding('b', 'ClusterRole/nowhere', BOB))).toContain('ClusterRole "nowhere" is not in the input');
    expect(saysOf(role('r', READ_PODS))).toContain('is bound to nobody in the input');
    expect(saysOf(binding('b', 'Role/r', BOB, 'team-a') + role('r', READ_PODS, 'team-b'))).toContain(
      'Role "r" is not in the input',
    );
  });
  test('Kubernetes’ own unbound roles, even where somebody is named to get what nothing binds', () => {
    const { objects } = run(role('system:node', READ_PODS) + role('mine', READ_PODS), {
      unbound: { issuer: 'demo', group: 'dev' },
    });
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['clusterrole.mine']);
  });
  test('names that do not have the prefix that is to be replaced', () => {
    const text =
      role('r', READ_PODS) +
      binding('b', 'ClusterRole/r', `${BOB}, {kind: User, name: "oidc:ann"}, {kind: Group, name: "g"}`);
    const { objects, warnings } = run(text, {
      userPrefix: { from: 'oidc:', to: 'demo:' },
      groupPrefix: { from: '', to: 'demo:' },
    });
    expect(objects[0]?.spec).toMatchObject({
      subjects: [
        { issuer: 'demo', user: 'demo:ann' },
        { issuer: 'demo', group: 'demo:g' },
      ],
    });
    expect(warnings.join()).toContain('User "bob" is left out: it does not begin with "oidc:"');
  });
});

describe('an import of RBAC gives', () => {
  test('one AccessRule a binding, named after it and nothing else', () => {
    const text =
      role('r', READ_PODS) + binding('view:Pods', 'ClusterRole/r', BOB) + binding('b', 'ClusterRole/r', BOB, 'team-a');
    const { objects } = run(text);
    expect(objects.map(({ metadata }) => metadata.name)).toEqual([
      expect.stringMatching(/^clusterrolebinding\.view-pods-[0-9a-f]{8}$/),
      'rolebinding.team-a.b',
    ]);
    expect(run(binding('b', 'ClusterRole/r', BOB, 'team-a') + role('r', READ_PODS)).objects[0]).toEqual(objects[1]);
  });
  test('a RoleBinding’s rights in its namespace only, and the namespace itself by name', () => {
    const text =
      role('r', '{apiGroups: [""], resources: [pods, namespaces], verbs: [get, list]}') +
      binding('b', 'ClusterRole/r', BOB, 'team-a');
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/team-b/pods')).toBe(false);
    expect(allows(text, 'bob', 'GET /api/v1/pods')).toBe(false);
    expect(allows(text, 'eve', 'GET /api/v1/namespaces/team-a/pods')).toBe(false);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/team-a/pods')).toBe(true);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/team-a')).toBe(true);
  });
  test('exactly the service name that RBAC names, where an access rule’s own name would cover its ports', () => {
    const text =
      role(
        'r',
        '{apiGroups: [""], resources: [services, services/proxy], resourceNames: [web, "web:81"], verbs: [get]}',
      ) + binding('b', 'ClusterRole/r', BOB);
    const proxy = '/api/v1/namespaces/x/services';
    for (const refused of [
      `GET ${proxy}/web:80/proxy/`,
      `GET ${proxy}/http:web:/proxy/`,
      `POST ${proxy}/web/proxy/`,
      `GET ${proxy}/webs/proxy/`,
    ])
      expect([refused, allows(text, 'bob', refused)]).toEqual([refused, false]);
    for (const given of [
      `GET ${proxy}/web/proxy`,
      `GET ${proxy}/web/proxy/a/b?c`,
      `GET ${proxy}/web:81/proxy/`,
      `GET ${proxy}/web`,
    ])
      expect([given, allows(text, 'bob', given)]).toEqual([given, true]);
  });
  test('everybody of the issuer what system:authenticated has', () => {
    const text =
      role('r', '{nonResourceURLs: [/version, "/healthz/**"], verbs: [get]}') +
      binding('b', 'ClusterRole/r', '{kind: Group, name: "system:authenticated"}');
    expect(allows(text, 'anybody', 'GET /version')).toBe(true);
    expect(allows(text, 'anybody', 'GET /healthz/etcd')).toBe(true);
  });
  test('the default roles where the input leaves them out, and says so', () => {
    const text = binding('b', 'ClusterRole/view', BOB, 'team-a');
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/team-a/secrets')).toBe(false);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/team-a/pods')).toBe(true);
    expect(run(text).warnings.join()).toContain('taken as Kubernetes 1.36 has it');
  });
  test('what an aggregated role of a manifest gathers, through other aggregated ones, and in circles once', () => {
    const sum = (name: string, labels: string, selected: string): string =>
      `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: ${name}, labels: {${labels}}}, aggregationRule: {clusterRoleSelectors: [${selected}]}, rules: []}\n---\n`;
    const text =
      sum('top', 'a: b', '{matchLabels: {to: top}}') +
      sum(
        'middle',
        'to: top',
        '{matchExpressions: [{key: part, operator: In, values: [x, z]}, {key: a, operator: DoesNotExist}]}, {matchLabels: {a: b}}',
      ) +
      `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: leaf, labels: {part: x}}, rules: [${READ_PODS}]}\n---\n` +
      `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: other, labels: {part: y}}, rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]}\n---\n` +
      binding('b', 'ClusterRole/top', BOB);
    expect(allows(text, 'bob', 'GET /api/v1/namespaces/x/secrets/y')).toBe(false);
    expect(allows(text, 'bob', 'GET /api/v1/pods')).toBe(true);
  });
  test('objects of Lists, typed ones too, and passes over what is not RBAC’s', () => {
    const read = readRbac(
      `{apiVersion: v1, kind: List, items: [{kind: Secret, apiVersion: v1}, ${role('r', READ_PODS).replace('\n---\n', '')}]}\n---\n` +
        `{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBindingList, items: [{metadata: {name: b, namespace: n}, roleRef: {kind: ClusterRole, name: r}}]}`,
      'x',
    );
    expect(read).toMatchObject({
      problems: [],
      roles: [{ metadata: { name: 'r' } }],
      bindings: [{ kind: 'RoleBinding' }],
    });
    expect([...read.passedOver]).toEqual([['Secret', 1]]);
  });
});
