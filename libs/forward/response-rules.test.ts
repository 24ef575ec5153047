import { expect, it } from 'vitest';
import { parseRequest } from '#kube';
import type { ForwardInput } from './ports.ts';
import { ClusterResponseRules } from './response-rules.ts';

/** The headers that a client gets of a response to this request on a cluster that listens on 443. */
function head(target: string, statusCode: number, rawHeaders: string[]): string[] {
  const parsed = parseRequest('GET', target);
  if (!parsed.ok) throw new Error(parsed.message);
  const { host } = new URL('https://api.example:443');
  const out = new ClusterResponseRules({
    decision: { allowed: true, cluster: 'up', request: parsed.request },
    grant: { mode: 'impersonate' },
    clusterPrefix: '/clusters/up',
    upstream: { hostHeader: host, basePath: '' },
    auditId: 'id',
    headers: {},
  } as unknown as ForwardInput).head(statusCode, rawHeaders);
  if (!Array.isArray(out)) throw new Error(out.code);
  return out;
}

const PAGE = '/api/v1/namespaces/a/services/web/proxy';

it('a page that redirects to its own Host by http stays on a cluster that listens on 443', () => {
  for (const location of [`http://api.example${PAGE}/login`, `https://api.example${PAGE}/login`, `${PAGE}/login`])
    expect(head(`${PAGE}/`, 302, ['Location', location]).slice(0, 2)).toEqual([
      'Location',
      `/clusters/up${PAGE}/login`,
    ]);
});

it('watches, logs and upgrades are streams; lists and pages are not', () => {
  const isStream = (target: string, statusCode = 200): boolean =>
    head(target, statusCode, []).includes('X-Accel-Buffering');
  expect(['/api/v1/pods', '/api/v1/namespaces/a/pods/p', `${PAGE}/x`].map((target) => isStream(target))).toEqual(
    Array(3).fill(false),
  );
  expect(
    ['/api/v1/pods?watch=1', '/api/v1/namespaces/a/pods/p/log?follow=true'].map((target) => isStream(target)),
  ).toEqual([true, true]);
  expect(isStream('/api/v1/namespaces/a/pods/p/exec', 101)).toBe(true);
});
