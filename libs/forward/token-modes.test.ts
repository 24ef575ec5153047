import { describe, expect, it } from 'vitest';
import { readRequestHeaders } from '#kube';
import type { Grant } from '#model';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import type { ForwardInput } from './ports.ts';

const account = {
  mode: 'serviceAccount',
  mapping: 'm',
  cluster: 'demo',
  namespace: 'team-a',
  name: 'deployer',
  audiences: [],
  expirationSeconds: 600,
  user: 'system:serviceaccount:team-a:deployer',
  groups: ['system:serviceaccounts'],
} as unknown as Grant;
const person = { mode: 'impersonate', mapping: 'm', cluster: 'demo', user: 'bob', groups: [], extra: {} };

function build(grant: unknown, serviceAccountToken: string | undefined): string[] {
  const read = readRequestHeaders(['Host', 'gateway', 'Accept', 'application/json']);
  if (!read.ok) throw new Error(read.message);
  return buildUpstreamHeaders({
    decision: { allowed: true, cluster: 'demo' },
    grant,
    serviceAccountToken,
    headers: read.headers,
    upstream: { name: 'demo', hostHeader: 'api:6443', gatewayAuthorization: () => 'Bearer of-the-gateway' },
    auditId: 'id',
    clientAddress: '192.0.2.1',
  } as unknown as ForwardInput);
}

describe('a service account goes upstream', () => {
  it('never without its token, with an empty one, or with one that cannot stand in a header', () => {
    for (const token of [undefined, '', 'a\r\nImpersonate-User: root', ' '])
      expect(() => build(account, token)).toThrow('the gateway failed');
  });
  it('never lends its token to another way of speaking', () => {
    expect(() => build(person, 'token')).toThrow('the gateway failed');
  });
  it('with that token and nothing of the gateway’s own', () => {
    const headers = build(account, 'abc.def');
    expect(headers.slice(headers.indexOf('Authorization'))).toEqual(['Authorization', 'Bearer abc.def']);
    expect(headers.join('\n')).not.toMatch(/impersonate|of-the-gateway/i);
  });
});
