import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RequestInfo } from '#model';
import { parseRequest } from './parse-request.ts';

function read(target: string, method = 'GET'): RequestInfo {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(`${method} ${target}: ${parsed.code} ${parsed.message}`);
  return parsed.request;
}

describe("the API server's reading (kube-rules section 1)", () => {
  it('rule 1: decodes the path once, keeps its case, and takes any byte for a character', () => {
    expect(read('/API/v1/pods').isResource).toBe(false);
    expect(read('/api/v1/Pods').resource).toBe('Pods');
    expect(read('/%61pi/v1/%70ods/n%C3%A9')).toMatchObject({
      isResource: true,
      resource: 'pods',
      name: 'né',
      path: '/api/v1/pods/né',
      rawPath: '/%61pi/v1/%70ods/n%C3%A9',
    });
    // Each byte of what is no UTF-8 stays itself, so that no two names read the same.
    expect(read('/api/v1/pods/%e2%82').name).toBe('\udce2\udc82');
    expect(read('/api/v1/pods/%ff').name).not.toBe(read('/api/v1/pods/%ef%bf%bd').name);
    expect(read('/api/v1/pods/a%3bb').name).toBe('a;b');
  });
  it('rule 2: a trailing slash changes nothing', () => {
    const { target: _, rawPath: __, path: ___, ...bare } = read('/api/v1/namespaces/x/pods/web');
    expect(read('/api/v1/namespaces/x/pods/web/')).toMatchObject(bare);
  });
  it('rules 3 and 4: too short, or not exactly api or apis, is no resource; the verb is the method and the path is whole', () => {
    for (const target of [
      '/',
      '/api',
      '/api/v1',
      '/api/v1/',
      '/apis',
      '/apis/apps',
      '/apis/apps/v1',
      '/apis/apps/v1/',
      '/apix/v1/pods',
      '/healthz/',
    ]) {
      expect(read(target, 'POST')).toMatchObject({
        isResource: false,
        verb: 'post',
        path: target,
        resource: '',
        apiPrefix: '',
      });
    }
    expect(read('/healthz', 'HEAD').verb).toBe('head');
    expect(read('/apis/apps/v1/deployments')).toMatchObject({
      isResource: true,
      apiPrefix: 'apis',
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
    });
    expect(read('/api/v1/pods')).toMatchObject({
      isResource: true,
      apiPrefix: 'api',
      group: '',
      version: 'v1',
      resource: 'pods',
    });
  });
  it('rule 5: /proxy/ of a named group is a verb, whatever the method, without a subresource', () => {
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(read('/apis/x.io/v1/proxy/namespaces/a/targets/t/exec?connect=1', method)).toMatchObject({
        verb: 'proxy',
        group: 'x.io',
        namespace: 'a',
        resource: 'targets',
        name: 't',
        subresource: '',
        longRunning: true,
      });
    expect(read('/apis/x.io/v1/%70roxy/targets')).toMatchObject({ verb: 'proxy', resource: 'targets', name: '' });
  });
  it('rule 6: verbs by method', () => {
    const verbs = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
    for (const [method, verb] of Object.entries(verbs))
      expect(read('/api/v1/namespaces/x/pods/web', method).verb).toBe(verb);
  });
  it('rule 7: a namespace is both name and namespace, and status and finalize are its subresources', () => {
    expect(read('/api/v1/namespaces/x')).toMatchObject({ resource: 'namespaces', name: 'x', namespace: 'x' });
    expect(read('/api/v1/namespaces/x/status')).toMatchObject({
      resource: 'namespaces',
      name: 'x',
      namespace: 'x',
      subresource: 'status',
    });
    expect(read('/api/v1/namespaces/x/finalize', 'PUT')).toMatchObject({
      resource: 'namespaces',
      subresource: 'finalize',
    });
    expect(read('/api/v1/namespaces/x/pods')).toMatchObject({ resource: 'pods', name: '', namespace: 'x' });
    expect(read('/api/v1/namespaces')).toMatchObject({ resource: 'namespaces', name: '', namespace: '', verb: 'list' });
  });
  it('rule 8: resource, name, subresource, and the tail of a proxy apart', () => {
    expect(read('/api/v1/namespaces/x/services/web:80/proxy/a//b?x=1')).toMatchObject({
      resource: 'services',
      name: 'web:80',
      subresource: 'proxy',
      proxyTail: '/a//b',
    });
    expect(read('/api/v1/nodes/n/proxy').proxyTail).toBe('');
    expect(read('/api/v1/nodes/n/proxy/').proxyTail).toBe('/');
    expect(read('/apis/x.io/v1/services/a/proxy/b')).toMatchObject({ subresource: 'proxy', proxyTail: '' });
  });
  it('rule 9: a get without a name is a list, or a watch unless watch is absent, 0 or false', () => {
    for (const q of ['', '?watch=0', '?watch=false', '?watch=FALSE', '?watch=f%61lse', '?Watch=1', '?x=watch'])
      expect([q, read(`/api/v1/pods${q}`).verb]).toEqual([q, 'list']);
    for (const q of [
      '?watch',
      '?watch=',
      '?watch=1',
      '?watch=true',
      '?watch=no',
      '?watch=00',
      '?w%61tch=1',
      '?watch=+false',
      '?x&watch=1&y',
    ])
      expect([q, read(`/api/v1/pods${q}`).verb]).toEqual([q, 'watch']);
    expect(read('/api/v1/namespaces/x/pods/web?watch=1').verb).toBe('get');
    expect(read('/api/v1/pods?watch=1', 'POST').verb).toBe('create');
    expect(read('/api/v1/pods?watch=1', 'HEAD').verb).toBe('watch');
  });
  it('rule 10: a field selector names the object, if ListOptions decodes', () => {
    const named = (q: string, method = 'GET') => read(`/api/v1/secrets?${q}`, method).name;
    for (const q of [
      'fieldSelector=metadata.name=x',
      'fieldSelector=metadata.name%3Dx',
      'fieldSelector=metadata.name%3D%3Dx',
      'fieldSelector=type%3Da,metadata.name%3Dx',
      'fi%65ldSelector=metadata.name=x&limit=500&watch=1',
    ])
      expect([q, named(q)]).toEqual([q, 'x']);
    for (const q of [
      'fieldSelector=metadata.name!=x',
      'fieldSelector=metadata.name',
      'fieldSelector=Metadata.name=x',
      'fieldSelector=metadata.name=.',
      'fieldSelector=metadata.name=..',
      'fieldSelector=metadata.name=a%2Fb',
      'fieldSelector=metadata.name=a%2525',
      'fieldSelector=metadata.name=',
      'fieldselector=metadata.name=x',
    ])
      expect([q, named(q)]).toEqual([q, '']);
    for (const q of [
      'limit=abc',
      'limit=',
      'timeoutSeconds=x',
      'timeoutSeconds=1.5',
      'labelSelector=-a',
      'labelSelector=a=b=c',
      'limit=9223372036854775808',
    ])
      expect([q, named(`fieldSelector=metadata.name=x&${q}`)]).toEqual([q, '']);
    // Go's lexer of label selectors takes a NUL between words for the end (asked of the real factory).
    for (const q of ['%00junk(', '+%00('])
      expect([q, named(`fieldSelector=metadata.name=x&labelSelector=${q}`)]).toEqual([q, 'x']);
    expect(named('fieldSelector=metadata.name=x&labelSelector=a,%00')).toBe('');
    // Directly behind a word or a symbol it is swallowed, and the text goes on.
    expect(named('fieldSelector=metadata.name=x&labelSelector=a+in+(%00)')).toBe('x');
    expect(named('fieldSelector=metadata.name=x&labelSelector=a+in+(+%00)')).toBe('');
    // A value with an escape is rebuilt rune by rune, one without stays as it is.
    expect(named('fieldSelector=metadata.name=%ff%5C,')).toBe('\ufffd,');
    expect(named('fieldSelector=metadata.name=%ff')).toBe('\udcff');
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=abc&watch=1').verb).toBe('watch');
  });
  it('rule 11: a delete without a name is a deletecollection, and no selector names it', () => {
    expect(read('/api/v1/namespaces/x/pods', 'DELETE').verb).toBe('deletecollection');
    expect(read('/api/v1/namespaces/x/pods?fieldSelector=metadata.name=x', 'DELETE')).toMatchObject({
      verb: 'deletecollection',
      name: '',
    });
    expect(read('/api/v1/namespaces/x', 'DELETE').verb).toBe('delete');
  });
  it('rule 12: keys are case-sensitive, decoded, and the first value wins', () => {
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=1&limit=abc').name).toBe('x');
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=abc&limit=1').name).toBe('');
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=a+b').name).toBe('a b');
  });
  it('rule 13: a create has no name', () => {
    expect(read('/api/v1/namespaces/x/secrets?fieldSelector=metadata.name=x', 'POST')).toMatchObject({
      verb: 'create',
      name: '',
    });
  });
  it('rule 14: watches, streaming subresources and profiles are long-running', () => {
    const long = (target: string, method = 'GET') => read(target, method).longRunning;
    for (const sub of ['attach', 'exec', 'proxy', 'log', 'portforward'])
      expect(long(`/api/v1/namespaces/x/pods/web/${sub}`)).toBe(true);
    expect(long('/api/v1/pods?watch=1')).toBe(true);
    expect(long('/api/v1/pods')).toBe(false);
    expect(long('/api/v1/namespaces/x/pods/web/status')).toBe(false);
    expect(long('/logs/x')).toBe(false);
    expect(long('/debug/pprof/profile?seconds=120')).toBe(true);
    expect(long('/debug/pprof')).toBe(false);
  });

  // What the Go program of test/cluster/requestinfo says of each; test/requestinfo holds this file and more to it.
  it("agrees with the API server's own RequestInfoFactory (v0.36.3) on every golden request", () => {
    const rows = JSON.parse(readFileSync(new URL('./testdata/request-info.golden.json', import.meta.url), 'utf8')) as [
      string,
      string,
      string,
      ...unknown[],
    ][];
    expect(rows.length).toBeGreaterThan(300);
    for (const [method, target, outside, ...golden] of rows) {
      const parsed = parseRequest(method, target);
      expect([method, target, parsed.ok]).toEqual([method, target, outside === '']);
      if (!parsed.ok) continue;
      const r = parsed.request;
      const ours = [r.isResource, r.verb, r.group, r.version, r.namespace, r.resource, r.subresource, r.name, r.path];
      expect([method, target, ...ours, r.longRunning]).toEqual([method, target, ...golden]);
    }
  });
});
