import { describe, expect, it } from 'vitest';
import { readRequestHeaders } from '#kube';
import { buildUpstreamHeaders } from './build-upstream-headers.ts';
import type { ForwardInput } from './ports.ts';

const KEY = 'gatehouse.dev/original-user';
const plain = { mode: 'impersonate', mapping: 'm', cluster: 'demo', user: 'bob', groups: ['g'], extra: {} };
const acting = { ...plain, extra: { [KEY]: ['ada'] }, originalUser: 'ada' };

function build(grant: object, inbound: readonly string[]): string[] {
  const read = readRequestHeaders(['Host', 'gateway', ...inbound]);
  if (!read.ok) throw new Error(read.message);
  return buildUpstreamHeaders({
    decision: { allowed: true, cluster: 'demo' },
    grant,
    headers: read.headers,
    upstream: { name: 'demo', hostHeader: 'api:6443', gatewayAuthorization: () => undefined },
    auditId: 'id',
    clientAddress: '192.0.2.1',
  } as unknown as ForwardInput);
}

const AS_BOB = ['Impersonate-User', 'bob'];

describe('who acts as somebody else', () => {
  it.each([
    ['headers that nobody judged', plain, AS_BOB],
    ['a judged identity without the headers', acting, []],
    ['no name of who acts', { ...acting, extra: {} }, AS_BOB],
    ['another name of who acts', { ...acting, extra: { [KEY]: ['root'] } }, AS_BOB],
    ['two names of who acts', { ...acting, extra: { [KEY]: ['ada', 'root'] } }, AS_BOB],
    ['an empty one', { ...acting, originalUser: '', extra: { [KEY]: [''] } }, AS_BOB],
    ['that name from a mapping', { ...plain, extra: { [KEY]: ['root'] } }, []],
    ['a token', { ...acting, mode: 'storedToken', token: 't' }, AS_BOB],
  ])('sends nothing with %s', (_what, grant, inbound) => {
    expect(() => build(grant, inbound)).toThrow('the gateway failed');
  });
  it('is named beside the identity, and the client’s own lines are not sent', () => {
    const headers = build(acting, [...AS_BOB, 'impersonate-group', 'client']);
    expect(headers.slice(headers.indexOf('Impersonate-User'))).toEqual([
      'Impersonate-User',
      'bob',
      'Impersonate-Group',
      'g',
      'Impersonate-Extra-gatehouse.dev%2Foriginal-user',
      'ada',
    ]);
    expect(headers).not.toContain('client');
  });
});
