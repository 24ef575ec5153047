import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RequestInfo } from '#model';
import { parseRequest } from './parse-request.ts';

function read(target: string, method = 'GET'): RequestInfo {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(`${method} ${target}: ${parsed.code} ${parsed.message}`);
  return parsed.request;
}

function codeOf(target: string, method = 'GET'): string {
  const parsed = parseRequest(method, target);
  return parsed.ok ? `accepted as ${parsed.request.verb} ${parsed.request.path}` : parsed.code;
}

describe('the strict subset refuses', () => {
  const HEAD = '/api/v1/namespaces/team-a/pods';
  const refusals: Record<string, [code: string, targets: string[]]> = {
    'what is not in origin form': ['badTarget', ['', '*', 'http://host/api', 'HTTP://host/api', 'host:443', 'api/v1/pods', '?watch=1', '\\api', ' /api', '#/api']],
    'empty segments': ['badPath', ['//', '//api/v1/pods', '/api//v1/pods', `${HEAD}//`, `${HEAD}//web`, '/healthz//', '/api/v1//namespaces/x', '/apis//v1/pods', `${HEAD}/web//exec`]],
    'dot segments': ['badPath', ['/.', '/..', '/./api', '/../api', `${HEAD}/.`, `${HEAD}/..`, `${HEAD}/../secrets`, `${HEAD}/./web`, '/healthz/..', '/api/v1/namespaces/team-a/../team-b/pods', '/.?x', '/..?x']],
    'encoded dot segments': ['badPath', [`${HEAD}/%2e`, `${HEAD}/%2E%2e/secrets`, `${HEAD}/.%2e/secrets`, `${HEAD}/%2e./secrets`, '/healthz/%2e%2e/api', `${HEAD}/%c0%ae%c0%ae/secrets`, `${HEAD}/%C0%AE/x`, `${HEAD}/%e0%80%ae%2e/x`, `${HEAD}/%f0%80%80%ae./x`]],
    'encoded separators, NUL and percent signs': ['badPath', [`${HEAD}%2fweb`, `${HEAD}/a%2Fb`, '/api%2Fv1%2Fsecrets', `${HEAD}/a%5cb`, `${HEAD}/a%5Cb`, `${HEAD}/a%00`, `${HEAD}/a%25b`, `${HEAD}/%252e%252e/x`, `${HEAD}/a%252fb`, `${HEAD}/a%c0%afb`, `${HEAD}/a%e0%80%afb`, `${HEAD}/a%f8%80%80%80%afb`, `${HEAD}/a%c1%9cb`, '/healthz%00', '/%2f', '/%2fapi']],
    'raw backslashes, semicolons and fragments': ['badPath', [`${HEAD}\\web`, `${HEAD}/a\\..\\b`, `${HEAD};x=1`, `${HEAD}/web;v=1/exec`, '/api;/v1/pods', `${HEAD}#x`, '/#', '/healthz;jsessionid=1', `${HEAD}/#?watch=1`]],
    'bad percent-escapes': ['badPath', ['/%', '/%2', '/%zz', '/api/v1/%g1', `${HEAD}/a%`, `${HEAD}/%u002e%u002e`, `${HEAD}/%-1`, '/api/v1/nodes/n/proxy/%zz', '/a%?b']],
    'control bytes and blanks': ['badPath', ['/api/v1/pods\r', '/api\n/v1', '/\t', '/a b', '/\0', '/a\x7f', '/api/v1/nodes/n/proxy/\x01', '/api/v1/nodes/n/proxy/a b']],
    'raw 8-bit bytes, and what is no byte at all': ['badPath', ['/api/v1/\x80', '/\xff', '/api/v1/n\xe9', '/api/v1/nodes/n/proxy/\xe9', '/\u2025', '/\uff0f', '/a\u0100']],
    'dot segments behind /proxy, however encoded': ['badPath', ['/api/v1/nodes/n/proxy/..', '/api/v1/nodes/n/proxy/a/../b', '/api/v1/nodes/n/proxy/%2e%2e/x', '/api/v1/nodes/n/proxy/a%2f..%2fb', '/api/v1/nodes/n/proxy/a%2F%2e%2E', '/api/v1/nodes/n/proxy/%252e%252e/x', '/api/v1/nodes/n/proxy/%25252e%25252e/x', '/api/v1/nodes/n/proxy/..;x=1/y', '/api/v1/nodes/n/proxy/..%3bx/y', '/api/v1/nodes/n/proxy/a\\..\\b', '/api/v1/nodes/n/proxy/..%5cb', '/api/v1/nodes/n/proxy/%c0%ae%c0%ae/x', '/api/v1/nodes/n/proxy/..%c0%af', '/api/v1/nodes/n/proxy/.', '/api/v1/nodes/n/proxy//../', '/api/v1/nodes/n/proxy/..%00/x']],
    'empty and odd segments before /proxy': ['badPath', ['/api/v1/namespaces/x//services/web/proxy/a', '/api/v1/namespaces/x/services/web%2f/proxy/a', '/api/v1/namespaces/x/services/a;b/proxy/', '/api/v1/namespaces/x/services//proxy/a']],
    'loose tails where the proxy is not the literal one of core services, pods or nodes': ['badPath', ['/api/v1/namespaces/x/services/web/%70roxy/a//b', '/apis/x.io/v1/namespaces/x/services/web/proxy/a//b', '/api/v1/namespaces/x/endpoints/web/proxy/a//b', '/api/v1/namespaces/x/services/web/Proxy/a//b', '/api/v1/namespaces/x/pods/web/log/a;b', '/foo/proxy/a//b', '/api/v1/services/proxy/a//b']],
    'semicolons in the query': ['badQuery', ['/api/v1/pods?a;b', '/api/v1/pods?watch=1;limit=2', '/api/v1/nodes/n/proxy/x?a=1;b=2', '/healthz?;']],
    'bad escapes in the query': ['badQuery', ['/api/v1/pods?watch=%zz', '/api/v1/pods?%', '/healthz?x=%2', '/api/v1/nodes/n/proxy/?q=%g0']],
    'control bytes, blanks and raw 8-bit bytes in the query': ['badQuery', ['/api/v1/pods?a=\n', '/api/v1/pods?a b', '/api/v1/pods?a=\x00', '/api/v1/pods?a=\xe9', '/api/v1/pods?a=\x7f', '/api/v1/pods?\u2025']],
    'repeated watch, fieldSelector and labelSelector': ['badQuery', ['/api/v1/pods?watch=0&watch=1', '/api/v1/pods?watch&watch', '/api/v1/pods?watch=0&w%61tch=1', '/api/v1/pods?%77atch=0&x=1&wat%63h', '/api/v1/pods?fieldSelector=a=b&fieldSelector=c=d', '/api/v1/pods?labelSelector=a&x=&labelSelector=b', '/api/v1/namespaces/x/services/web/proxy/?watch=1&watch=2', '/api/v1/pods?field%53elector=&fieldSelector=']],
    'more pairs than Go reads': ['badQuery', [`/api/v1/pods?watch=1${'&a'.repeat(10_000)}`, `/api/v1/pods?${'&'.repeat(10_000)}`]],
    'the legacy prefixes, whatever the method and what follows': ['legacyPrefix', ['/api/v1/watch/pods', '/api/v1/watch', '/api/v1/watch/', '/api/v1/proxy', '/api/v1/proxy/nodes/n', '/apis/apps/v1/watch/deployments', '/apis/apps/v1/proxy/x', '/api/v1/w%61tch/pods', '/api/v1/%70roxy/nodes/n/x', '/api/v1/watch/namespaces/x/pods?watch=0']],
    'targets of more than 64 KiB': ['targetTooLong', [`/${'a'.repeat(64 * 1024)}`, `/?${'a'.repeat(64 * 1024)}`]],
  };
  for (const [what, [code, targets]] of Object.entries(refusals)) {
    it(what, () => {
      for (const target of targets) expect([target.slice(0, 99), codeOf(target)]).toEqual([target.slice(0, 99), code]);
    });
  }

  it('legacy prefixes for writing methods too', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']) expect(codeOf('/api/v1/watch/namespaces/x/secrets', method)).toBe('legacyPrefix');
  });

  it('every method that Kubernetes has no verb for, and every other spelling of one that it has', () => {
    for (const method of ['OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'QUERY', 'LIST', 'WATCH', 'get', 'Get', ' GET', 'GET ', '', 'constructor', '__proto__']) {
      expect([method, codeOf('/api/v1/pods', method)]).toEqual([method, 'badMethod']);
      expect([method, codeOf('/healthz', method)]).toEqual([method, 'badMethod']);
    }
  });
});

describe('ordinary traffic passes', () => {
  const targets = [
    '/', '/api', '/apis', '/api/', '/version', '/healthz', '/livez?verbose', '/readyz/etcd', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1?hash=01ABCDEF',
    '/.well-known/openid-configuration', '/openid/v1/jwks', '/logs/', '/logs/kube-apiserver.log', '/api/v1', '/apis/apps/v1', '/apis/metrics.k8s.io/v1beta1/nodes',
    '/api/v1/namespaces/x/pods?limit=500', '/api/v1/namespaces/team-a/pods?labelSelector=app%3Dweb%2Ctier%20in%20(a,b)&limit=500&resourceVersion=0',
    '/api/v1/namespaces/team-a/pods?allowWatchBookmarks=true&fieldSelector=metadata.name%3Dweb&resourceVersion=123&timeout=6m30s&timeoutSeconds=390&watch=true',
    '/api/v1/namespaces/team-a/pods/web/exec?command=sh&command=-c&command=echo%20%22hi%22&container=c&stdin=true&stdout=true&tty=true',
    '/api/v1/namespaces/team-a/pods/web/log?follow=true&container=c&sinceTime=2026-01-01T00%3A00%3A00Z',
    '/apis/apps/v1/namespaces/team-a/deployments/web?fieldManager=kubectl-client-side-apply&fieldValidation=Strict&dryRun=All',
    '/api/v1/namespaces/team-a/services/http:web:80/proxy/a//b;c?x=1', '/api/v1/namespaces/team-a/services/web/proxy/a%2Fb%3B/?x=%26&y=a+b&url=http://h/%23', '/api/v1/nodes/n/proxy//',
    '/api/v1/namespaces/team-a/services/web/proxy/a\\b', '/api/v1/namespaces/team-a/services/web/proxy/%00%25', '/api/v1/namespaces/team-a/services/web/proxy/...', '/api/v1/namespaces/team-a/services/web/proxy/..a/.b/c..',
    '/api/v1/namespaces/team-a/services/web/proxy/.well-known/x;y=.', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node', '/api/v1/namespaces/x/configmaps/%E2%82%AC',
    '/api/v1/namespaces/x/configmaps/a..b', '/api/v1/namespaces/x/configmaps/...', "/api/v1/namespaces/x/configmaps/~a!$&'()*+,=:@_-", '/api/v1/namespaces/x/configmaps/%ff%c3%28', '/api/v1/namespaces/x/configmaps/a%0ab',
    '/api/v1/pods?', '/api/v1/pods?&&', '/api/v1/pods?a#b', '/api/v1/pods?limit=1&limit=2', '/api/v1/pods?watch', '/api/v1/pods?x=\\', '/?timeout=32s',
  ];
  it.each(targets)('%s', (target) => {
    const request = read(target);
    expect(request.target).toBe(target);
    expect(request.rawPath).toBe(target.split('?')[0]);
  });

  it('up to 64 KiB and 10,000 pairs', () => {
    expect(read(`/${'a'.repeat(64 * 1024 - 1)}`).isResource).toBe(false);
    expect(read(`/api/v1/pods?watch=1${'&a'.repeat(9_999)}`).verb).toBe('watch');
  });
});

describe("the API server's reading (kube-rules section 1)", () => {
  it('rule 1: decodes the path once, keeps its case, and takes any byte for a character', () => {
    expect(read('/API/v1/pods').isResource).toBe(false);
    expect(read('/api/v1/Pods').resource).toBe('Pods');
    expect(read('/%61pi/v1/%70ods/n%C3%A9')).toMatchObject({ isResource: true, resource: 'pods', name: 'né', path: '/api/v1/pods/né', rawPath: '/%61pi/v1/%70ods/n%C3%A9' });
    // Go prints each byte of an invalid sequence as U+FFFD.
    expect(read('/api/v1/pods/%e2%82').name).toBe('\ufffd\ufffd');
    expect(read('/api/v1/pods/a%3bb').name).toBe('a;b');
  });
  it('rule 2: a trailing slash changes nothing', () => {
    const { target: _, rawPath: __, path: ___, ...bare } = read('/api/v1/namespaces/x/pods/web');
    expect(read('/api/v1/namespaces/x/pods/web/')).toMatchObject(bare);
  });
  it('rules 3 and 4: too short, or not exactly api or apis, is no resource; the verb is the method and the path is whole', () => {
    for (const target of ['/', '/api', '/api/v1', '/api/v1/', '/apis', '/apis/apps', '/apis/apps/v1', '/apis/apps/v1/', '/apix/v1/pods', '/healthz/']) {
      expect(read(target, 'POST')).toMatchObject({ isResource: false, verb: 'post', path: target, resource: '', apiPrefix: '' });
    }
    expect(read('/healthz', 'HEAD').verb).toBe('head');
    expect(read('/apis/apps/v1/deployments')).toMatchObject({ isResource: true, apiPrefix: 'apis', group: 'apps', version: 'v1', resource: 'deployments' });
    expect(read('/api/v1/pods')).toMatchObject({ isResource: true, apiPrefix: 'api', group: '', version: 'v1', resource: 'pods' });
  });
  it('rule 6: verbs by method', () => {
    const verbs = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
    for (const [method, verb] of Object.entries(verbs)) expect(read('/api/v1/namespaces/x/pods/web', method).verb).toBe(verb);
  });
  it('rule 7: a namespace is both name and namespace, and status and finalize are its subresources', () => {
    expect(read('/api/v1/namespaces/x')).toMatchObject({ resource: 'namespaces', name: 'x', namespace: 'x' });
    expect(read('/api/v1/namespaces/x/status')).toMatchObject({ resource: 'namespaces', name: 'x', namespace: 'x', subresource: 'status' });
    expect(read('/api/v1/namespaces/x/finalize', 'PUT')).toMatchObject({ resource: 'namespaces', subresource: 'finalize' });
    expect(read('/api/v1/namespaces/x/pods')).toMatchObject({ resource: 'pods', name: '', namespace: 'x' });
    expect(read('/api/v1/namespaces')).toMatchObject({ resource: 'namespaces', name: '', namespace: '', verb: 'list' });
  });
  it('rule 8: resource, name, subresource, and the tail of a proxy apart', () => {
    expect(read('/api/v1/namespaces/x/services/web:80/proxy/a//b?x=1')).toMatchObject({ resource: 'services', name: 'web:80', subresource: 'proxy', proxyTail: '/a//b' });
    expect(read('/api/v1/nodes/n/proxy').proxyTail).toBe('');
    expect(read('/api/v1/nodes/n/proxy/').proxyTail).toBe('/');
    expect(read('/apis/x.io/v1/services/a/proxy/b')).toMatchObject({ subresource: 'proxy', proxyTail: '' });
  });
  it('rule 9: a get without a name is a list, or a watch unless watch is absent, 0 or false', () => {
    for (const q of ['', '?watch=0', '?watch=false', '?watch=FALSE', '?watch=f%61lse', '?Watch=1', '?x=watch']) expect([q, read(`/api/v1/pods${q}`).verb]).toEqual([q, 'list']);
    for (const q of ['?watch', '?watch=', '?watch=1', '?watch=true', '?watch=no', '?watch=00', '?w%61tch=1', '?watch=+false', '?x&watch=1&y']) expect([q, read(`/api/v1/pods${q}`).verb]).toEqual([q, 'watch']);
    expect(read('/api/v1/namespaces/x/pods/web?watch=1').verb).toBe('get');
    expect(read('/api/v1/pods?watch=1', 'POST').verb).toBe('create');
    expect(read('/api/v1/pods?watch=1', 'HEAD').verb).toBe('watch');
  });
  it('rule 10: a field selector names the object, if ListOptions decodes', () => {
    const named = (q: string, method = 'GET') => read(`/api/v1/secrets?${q}`, method).name;
    for (const q of ['fieldSelector=metadata.name=x', 'fieldSelector=metadata.name%3Dx', 'fieldSelector=metadata.name%3D%3Dx', 'fieldSelector=type%3Da,metadata.name%3Dx', 'fi%65ldSelector=metadata.name=x&limit=500&watch=1']) expect([q, named(q)]).toEqual([q, 'x']);
    for (const q of ['fieldSelector=metadata.name!=x', 'fieldSelector=metadata.name', 'fieldSelector=Metadata.name=x', 'fieldSelector=metadata.name=.', 'fieldSelector=metadata.name=..', 'fieldSelector=metadata.name=a%2Fb', 'fieldSelector=metadata.name=a%2525', 'fieldSelector=metadata.name=', 'fieldselector=metadata.name=x']) expect([q, named(q)]).toEqual([q, '']);
    for (const q of ['limit=abc', 'limit=', 'timeoutSeconds=x', 'timeoutSeconds=1.5', 'labelSelector=-a', 'labelSelector=a=b=c', 'limit=9223372036854775808']) expect([q, named(`fieldSelector=metadata.name=x&${q}`)]).toEqual([q, '']);
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=abc&watch=1').verb).toBe('watch');
  });
  it('rule 11: a delete without a name is a deletecollection, and no selector names it', () => {
    expect(read('/api/v1/namespaces/x/pods', 'DELETE').verb).toBe('deletecollection');
    expect(read('/api/v1/namespaces/x/pods?fieldSelector=metadata.name=x', 'DELETE')).toMatchObject({ verb: 'deletecollection', name: '' });
    expect(read('/api/v1/namespaces/x', 'DELETE').verb).toBe('delete');
  });
  it('rule 12: keys are case-sensitive, decoded, and the first value wins', () => {
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=1&limit=abc').name).toBe('x');
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=x&limit=abc&limit=1').name).toBe('');
    expect(read('/api/v1/secrets?fieldSelector=metadata.name=a+b').name).toBe('a b');
  });
  it('rule 13: a create has no name', () => {
    expect(read('/api/v1/namespaces/x/secrets?fieldSelector=metadata.name=x', 'POST')).toMatchObject({ verb: 'create', name: '' });
  });
  it('rule 14: watches and streaming subresources are long-running', () => {
    const long = (target: string, method = 'GET') => read(target, method).longRunning;
    for (const sub of ['attach', 'exec', 'proxy', 'log', 'portforward']) expect(long(`/api/v1/namespaces/x/pods/web/${sub}`)).toBe(true);
    expect(long('/api/v1/pods?watch=1')).toBe(true);
    expect(long('/api/v1/pods')).toBe(false);
    expect(long('/api/v1/namespaces/x/pods/web/status')).toBe(false);
    expect(long('/logs/x')).toBe(false);
  });

  it("agrees with the API server's own RequestInfoFactory (v0.36.3) on every golden request", () => {
    const rows = JSON.parse(readFileSync(new URL('./testdata/request-info.golden.json', import.meta.url), 'utf8')) as [string, string, ...unknown[]][];
    expect(rows.length).toBeGreaterThan(1000);
    for (const [method, target, ...golden] of rows) {
      const parsed = parseRequest(method, target);
      // Legacy prefixes and repeated keys are in no golden row that the strict subset accepts.
      if (!parsed.ok) {
        expect(['legacyPrefix', 'badQuery', 'badPath']).toContain(parsed.code);
        continue;
      }
      const r = parsed.request;
      expect([method, target, r.isResource, r.verb, r.group, r.version, r.namespace, r.resource, r.subresource, r.name, r.path, r.longRunning]).toEqual([method, target, ...golden]);
    }
    const accepted = rows.filter(([method, target]) => parseRequest(method, target).ok);
    expect(accepted.length).toBeGreaterThan(rows.length * 0.95);
  });
});
