import { describe, expect, it } from 'vitest';
import type { RequestInfo } from '#model';
import { parseRequest } from './parse-request.ts';

function read(target: string, method = 'GET'): RequestInfo {
  const parsed = parseRequest(method, target);
  if (!parsed.ok) throw new Error(`${method} ${target}: ${parsed.code} ${parsed.message}`);
  return parsed.request;
}

describe('ordinary traffic passes', () => {
  const targets = [
    '/',
    '/api',
    '/apis',
    '/api/',
    '/version',
    '/healthz',
    '/livez?verbose',
    '/readyz/etcd',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/apis/apps/v1?hash=01ABCDEF',
    '/.well-known/openid-configuration',
    '/openid/v1/jwks',
    '/logs/',
    '/logs/kube-apiserver.log',
    '/api/v1',
    '/apis/apps/v1',
    '/apis/metrics.k8s.io/v1beta1/nodes',
    '/api/v1/namespaces/x/pods?limit=500',
    '/api/v1/namespaces/team-a/pods?labelSelector=app%3Dweb%2Ctier%20in%20(a,b)&limit=500&resourceVersion=0',
    '/api/v1/namespaces/team-a/pods?allowWatchBookmarks=true&fieldSelector=metadata.name%3Dweb&resourceVersion=123&timeout=6m30s&timeoutSeconds=390&watch=true',
    '/api/v1/namespaces/team-a/pods/web/exec?command=sh&command=-c&command=echo%20%22hi%22&container=c&stdin=true&stdout=true&tty=true',
    '/api/v1/namespaces/team-a/pods/web/log?follow=true&container=c&sinceTime=2026-01-01T00%3A00%3A00Z',
    '/apis/apps/v1/namespaces/team-a/deployments/web?fieldManager=kubectl-client-side-apply&fieldValidation=Strict&dryRun=All',
    '/api/v1/namespaces/team-a/services/http:web:80/proxy/a//b;c?x=1',
    '/api/v1/namespaces/team-a/services/web/proxy/a%2Fb%3B/?x=%26&y=a+b&url=http://h/%23',
    '/api/v1/nodes/n/proxy//',
    '/api/v1/namespaces/team-a/services/web/proxy/a\\b',
    '/api/v1/namespaces/team-a/services/web/proxy/%00%25',
    '/api/v1/namespaces/team-a/services/web/proxy/...',
    '/api/v1/namespaces/team-a/services/web/proxy/..a/.b/c..',
    '/api/v1/namespaces/team-a/services/web/proxy/.well-known/x;y=.',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
    '/api/v1/namespaces/x/configmaps/%E2%82%AC',
    '/api/v1/namespaces/x/configmaps/a..b',
    '/api/v1/namespaces/x/configmaps/...',
    "/api/v1/namespaces/x/configmaps/~a!$&'()*+,=:@_-",
    '/api/v1/namespaces/x/configmaps/%ff%c3%28',
    '/api/v1/namespaces/x/configmaps/a%0ab',
    '/api/v1/pods?',
    '/api/v1/pods?&&',
    '/api/v1/pods?a#b',
    '/api/v1/pods?limit=1&limit=2',
    '/api/v1/pods?watch',
    '/api/v1/pods?x=\\',
    '/?timeout=32s',
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
