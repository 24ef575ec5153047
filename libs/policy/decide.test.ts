import { describe, expect, it } from 'vitest';
import { allowed, ask, everything, NS, person, rule, words } from './testdata/people.ts';

describe('default deny', () => {
  it('says who may not do what, where, and whom to ask', () => {
    expect(ask([], `GET ${NS}/secrets`)).toMatchObject({
      allowed: false,
      rule: undefined,
      cluster: 'demo',
      reason:
        'secrets is forbidden: User "demo:bob" (issuer demo) cannot list resource "secrets" in API group "" in the namespace "team-a" on cluster "demo": no access rule allows it; ask an admin of this gateway for an AccessRule',
    });
    expect(ask([], 'GET /healthz').reason).toContain('cannot get path "/healthz" on cluster "demo"');
    expect(ask([], 'DELETE /apis/apps/v1/deployments').reason).toContain(
      'cannot deletecollection resource "deployments" in API group "apps" at the cluster scope',
    );
  });
  it('quotes what the network sent, so that a name forges no line', () => {
    expect(ask([], 'GET /api/v1/pods', { as: person('a"\n[audit] fine') }).reason).not.toContain('\n');
    expect(ask([], `GET /api/v1/namespaces/a%0ab/pods`).reason).not.toContain('\n');
  });
  it('holds for other issuers, users, groups, clusters, and for a subject of which only one half fits', () => {
    const both = rule('r', everything, { subjects: [{ issuer: 'demo', user: 'demo:bob', group: 'demo:ops' }] });
    expect(allowed([both], 'GET /api/v1/pods')).toBe(false);
    expect(allowed([both], 'GET /api/v1/pods', { as: person('demo:eve', ['demo:ops']) })).toBe(false);
    expect(allowed([both], 'GET /api/v1/pods', { as: person('demo:bob', ['demo:ops']) })).toBe(true);
    expect(
      allowed([rule('r', everything)], 'GET /api/v1/pods', { as: person('demo:bob', ['demo:dev'], 'other') }),
    ).toBe(false);
    expect(allowed([rule('r', everything)], 'GET /api/v1/pods', { as: person('demo:dev', ['demo:DEV', '']) })).toBe(
      false,
    );
    expect(allowed([rule('r', everything)], 'GET /api/v1/pods', { cluster: 'prod' })).toBe(false);
    expect(
      allowed([rule('r', everything, { subjects: [{ issuer: 'demo' }] })], 'GET /api/v1/pods', { as: person('x') }),
    ).toBe(true);
  });
  it('names as the deciding rule the first by name', () => {
    expect(
      ask([rule('b', everything), rule('a', everything), rule('c', everything)], 'GET /api/v1/pods'),
    ).toMatchObject({ allowed: true, rule: 'a', reason: 'access rule "a" allows it' });
  });
});

describe('the cluster gatehouse', () => {
  it('is reached by no wildcard', () => {
    expect(
      allowed([rule('r', everything, { clusters: ['*'] })], 'GET /apis/gatehouse.dev/v1alpha1/mappings', {
        cluster: 'gatehouse',
      }),
    ).toBe(false);
    expect(
      allowed([rule('r', everything, { clusters: ['*'] })], 'GET /apis/gatehouse.dev/v1alpha1/mappings', {
        cluster: 'any',
      }),
    ).toBe(true);
    expect(
      allowed([rule('r', everything, { clusters: ['gatehouse'] })], 'GET /apis/gatehouse.dev/v1alpha1/mappings', {
        cluster: 'gatehouse',
      }),
    ).toBe(true);
  });
});

describe("RBAC's words", () => {
  it('give nothing where a word is missing or another', () => {
    for (const missing of [
      {},
      { verbs: ['*'], resources: ['*'] },
      { verbs: ['*'], apiGroups: ['*'] },
      { apiGroups: ['*'], resources: ['*'] },
      { verbs: [], apiGroups: ['*'], resources: ['*'] },
    ])
      expect(allowed([rule('r', missing)], 'GET /api/v1/pods')).toBe(false);
    expect(allowed([rule('r', words('get', 'pods'))], `GET ${NS}/pods`)).toBe(false);
    expect(allowed([rule('r', words('list', 'pods'))], 'GET /apis/apps/v1/pods')).toBe(false);
    expect(allowed([rule('r', words('list', 'Pods pod'))], `GET ${NS}/pods`)).toBe(false);
  });
  it('match a subresource exactly, by * and by */sub, never by its parent', () => {
    const log = `GET ${NS}/pods/web/log`;
    for (const resources of ['pods', 'log', 'pods/*', 'pods/lo', '*/logs', 'pods/log/x', '*/'])
      expect([resources, allowed([rule('r', words('get', resources))], log)]).toEqual([resources, false]);
    for (const resources of ['pods/log', '*/log', '*'])
      expect([resources, allowed([rule('r', words('get', resources))], log)]).toEqual([resources, true]);
    expect(allowed([rule('r', words('get', '*/log'))], `GET ${NS}/pods/log`)).toBe(false);
  });
  it('keep tokens, evictions and ephemeral containers apart from their parents (rule 16)', () => {
    const acts = [
      `POST ${NS}/serviceaccounts/ci/token`,
      `POST ${NS}/pods/web/eviction`,
      `PATCH ${NS}/pods/web/ephemeralcontainers`,
    ];
    const parents = [
      rule('r', [words('*', 'serviceaccounts pods'), { methods: ['*'], paths: [`${NS}/**`, `${NS}/*/*/*`] }]),
    ];
    for (const act of acts) expect([act, allowed(parents, act)]).toEqual([act, false]);
    for (const act of acts)
      expect([
        act,
        allowed([rule('r', words('*', 'serviceaccounts/token pods/eviction pods/ephemeralcontainers'))], act),
      ]).toEqual([act, true]);
  });
  it('limit by name, and no name limits a create (rule 13)', () => {
    const named = [rule('r', words('*', 'secrets', { resourceNames: ['x'] }))];
    for (const line of [
      `POST ${NS}/secrets`,
      `GET ${NS}/secrets`,
      `GET ${NS}/secrets/y`,
      `DELETE ${NS}/secrets`,
      `GET ${NS}/secrets?fieldSelector=metadata.name=x&limit=z`,
    ])
      expect([line, allowed(named, line)]).toEqual([line, false]);
    for (const line of [
      `GET ${NS}/secrets/x`,
      `PUT ${NS}/secrets/x`,
      `GET ${NS}/secrets?fieldSelector=metadata.name=x`,
      `GET ${NS}/secrets?watch=1&fieldSelector=metadata.name=x`,
    ])
      expect([line, allowed(named, line)]).toEqual([line, true]);
  });
  it('limit by namespace: present means only there, absent means everywhere', () => {
    const inA = [rule('r', words('*', 'pods namespaces nodes', { namespaces: ['team-a'] }))];
    for (const line of [
      'GET /api/v1/pods',
      'GET /api/v1/namespaces/team-b/pods',
      'GET /api/v1/nodes',
      'GET /api/v1/namespaces',
      'GET /api/v1/namespaces/team-b',
    ])
      expect([line, allowed(inA, line)]).toEqual([line, false]);
    for (const line of [`GET ${NS}/pods`, `GET ${NS}`, `DELETE ${NS}/pods/x`])
      expect([line, allowed(inA, line)]).toEqual([line, true]);
    const any = [rule('r', words('*', 'pods', { namespaces: ['*'] }))];
    expect([allowed(any, `GET ${NS}/pods`), allowed(any, 'GET /api/v1/pods')]).toEqual([true, false]);
  });
  it('match non-resource URLs exactly, or by a prefix with *', () => {
    const urls = (...nonResourceURLs: string[]) => [rule('r', { verbs: ['get'], nonResourceURLs })];
    expect(allowed(urls('/healthz'), 'GET /healthz/')).toBe(false);
    expect(allowed(urls('/healthz'), 'HEAD /healthz')).toBe(false);
    expect(allowed(urls('/apis/*'), 'GET /apis')).toBe(false);
    expect(allowed(urls('*'), 'GET /api/v1/pods')).toBe(false);
    expect(allowed(urls('*'), 'POST /logs')).toBe(false);
    for (const url of ['/logs/a', '/logs/*', '/logs*', '*', '/*', '/**'])
      expect([url, allowed(urls(url), 'GET /logs/%61')]).toEqual([url, true]);
  });
});

describe('connect subresources (rule 15)', () => {
  it('exec, attach and portforward need create, by GET also get, with or without an upgrade', () => {
    for (const sub of ['exec', 'attach', 'portforward']) {
      const only = (verbs: string) => [rule('r', words(verbs, `pods/${sub}`))];
      for (const verbs of ['get', 'list watch get update patch delete', 'create'])
        expect([verbs, allowed(only(verbs), `GET ${NS}/pods/web/${sub}`, { upgrade: true })]).toEqual([verbs, false]);
      expect(allowed(only('get'), `GET ${NS}/pods/web/${sub}`)).toBe(false);
      expect(allowed(only('get'), `POST ${NS}/pods/web/${sub}`, { upgrade: true })).toBe(false);
      expect(allowed(only('get create'), `GET ${NS}/pods/web/${sub}`, { upgrade: true })).toBe(true);
      expect(allowed(only('create'), `POST ${NS}/pods/web/${sub}`, { upgrade: true })).toBe(true);
    }
    expect(ask([rule('r', words('get', 'pods/exec'))], `GET ${NS}/pods/web/exec`).reason).toContain(
      'cannot create resource "pods/exec"',
    );
  });
  it('get and create may come from two rules; the stronger one is named', () => {
    expect(
      ask([rule('a', words('get', 'pods/exec')), rule('b', words('create', 'pods/exec'))], `GET ${NS}/pods/web/exec`),
    ).toMatchObject({ allowed: true, rule: 'b' });
  });
  it('a proxy is given by no wildcard, and follows the method', () => {
    for (const resource of ['services', 'pods']) {
      for (const wild of ['*', '*/proxy', `${resource}/*`, '*/*'])
        expect([wild, allowed([rule('r', words('*', wild))], `GET ${NS}/${resource}/web/proxy/`)]).toEqual([
          wild,
          false,
        ]);
    }
    expect(allowed([rule('r', words('*', '* */proxy nodes nodes/*'))], 'GET /api/v1/nodes/n/proxy/run')).toBe(false);
    expect(allowed([rule('r', words('*', '*/proxy'))], `GET ${NS}/*/web/proxy`)).toBe(false);
    expect(allowed([rule('r', words('get', 'services/proxy'))], `POST ${NS}/services/web/proxy/`)).toBe(false);
    expect(
      allowed([rule('r', words('get', 'services/proxy'))], `GET ${NS}/services/web/proxy/a`, { upgrade: true }),
    ).toBe(true);
  });
  it('an upgrade of another subresource needs create beside its verb; a watch does not', () => {
    const console = 'GET /apis/subresources.kubevirt.io/v1/namespaces/x/virtualmachineinstances/vm/console';
    const group = { apiGroups: ['subresources.kubevirt.io'], resources: ['virtualmachineinstances/console'] };
    expect(allowed([rule('r', { ...group, verbs: ['get'] })], console, { upgrade: true })).toBe(false);
    expect(allowed([rule('r', { ...group, verbs: ['create'] })], console, { upgrade: true })).toBe(false);
    expect(allowed([rule('r', { ...group, verbs: ['get', 'create'] })], console, { upgrade: true })).toBe(true);
    expect(allowed([rule('r', words('watch', 'pods'))], 'GET /api/v1/pods?watch=1', { upgrade: true })).toBe(true);
  });
});

describe('names of proxied services', () => {
  const service = (name: string, resource = 'services') => `GET ${NS}/${resource}/${name}/proxy/`;
  it('with a port or a scheme in the rule cover nothing else', () => {
    const port = [rule('r', words('get', 'services/proxy', { resourceNames: ['web:80'] }))];
    for (const name of ['web', 'web:81', 'web:', 'http:web:80', 'https:web:80', 'web2:80'])
      expect([name, allowed(port, service(name))]).toEqual([name, false]);
    expect(allowed(port, service('web:80'))).toBe(true);
  });
  it('without one cover every port and scheme of that service, and no other', () => {
    const bare = [rule('r', words('get', 'services/proxy', { resourceNames: ['web'] }))];
    for (const name of [
      'webx',
      'webx:80',
      'http:webx:80',
      'ftp:web:80',
      'HTTP:web:80',
      'a:http:web:80',
      'http:web',
      ':web:80',
      'http::web',
    ])
      expect([name, allowed(bare, service(name))]).toEqual([name, false]);
    for (const name of ['web', 'web:80', 'web:http', 'http:web:80', 'https:web:443', 'https:web:'])
      expect([name, allowed(bare, service(name))]).toEqual([name, true]);
  });
  it('only services have it so', () => {
    expect(
      allowed([rule('r', words('get', 'pods/proxy', { resourceNames: ['web'] }))], service('web:80', 'pods')),
    ).toBe(false);
    expect(
      allowed([rule('r', words('get', 'services', { resourceNames: ['web'] }))], `GET ${NS}/services/web:80`),
    ).toBe(false);
  });
});
