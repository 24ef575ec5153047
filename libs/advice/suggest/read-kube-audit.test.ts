import { describe, expect, test } from 'vitest';
import { readKubeAuditLine } from './read-kube-audit.ts';

const event = (more: object = {}): string =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'id',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/a/pods?limit=500',
    verb: 'list',
    user: { username: 'oidc:ann', groups: ['oidc:dev', 'system:authenticated'] },
    sourceIPs: ['192.0.2.1'],
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
    ...more,
  });
const names = { issuer: 'demo', userPrefix: { from: 'oidc:', to: 'demo:' }, groupPrefix: { from: 'oidc:', to: '' } };
const read = (line: string) => readKubeAuditLine(line, 'prod', names);

describe('a line of the API server’s audit log', () => {
  test.each([
    ['no event', 'unreadable', '{}'],
    ['no JSON', 'unreadable', 'x'],
    ['null', 'unreadable', 'null'],
    ['a verb that the target does not have', 'unreadable', event({ verb: 'get' })],
    ['a request that was only received', 'notUsed', event({ stage: 'RequestReceived' })],
    ['a refused one', 'notUsed', event({ responseStatus: { code: 403 } })],
    ['a part of the cluster', 'noPerson', event({ user: { username: 'system:kube-scheduler' } })],
    ['somebody of another issuer', 'noPerson', event({ user: { username: 'ann' } })],
    ['no user', 'noPerson', event({ user: undefined })],
  ])('that is %s is passed over as %s', (_what, why, line) => {
    expect(read(line)).toEqual({ ok: false, why });
  });
  test('is a request of the person, by the issuer’s names', () => {
    expect(read(event())).toMatchObject({
      ok: true,
      request: {
        person: { issuer: 'demo', username: 'demo:ann', groups: ['dev'] },
        cluster: 'prod',
        request: { verb: 'list', resource: 'pods', namespace: 'a' },
        upgrade: false,
        used: 1,
        lastAtMs: Date.UTC(2026, 0, 1),
      },
    });
  });
  test('with impersonation is one of the person who is impersonated', () => {
    const line = event({
      user: { username: 'gatehouse' },
      impersonatedUser: { username: 'oidc:bob', groups: ['oidc:ops'] },
    });
    expect(read(line)).toMatchObject({ ok: true, request: { person: { username: 'demo:bob', groups: ['ops'] } } });
  });
  test.each([
    ['create', '/api/v1/namespaces/a/pods', 'POST'],
    ['patch', '/api/v1/namespaces/a/pods/x', 'PATCH'],
    ['update', '/api/v1/namespaces/a/pods/x', 'PUT'],
    ['deletecollection', '/api/v1/namespaces/a/pods', 'DELETE'],
    ['watch', '/api/v1/pods?watch=true', 'GET'],
    ['get', '/version', 'GET'],
    ['post', '/logs', 'POST'],
  ])('%s %s went by %s', (verb, requestURI, method) => {
    expect(read(event({ verb, requestURI }))).toMatchObject({ ok: true, request: { request: { method, verb } } });
  });
  test('an upgrade shows by its status', () => {
    const line = event({
      verb: 'get',
      requestURI: '/api/v1/namespaces/a/pods/x/exec?command=id',
      responseStatus: { code: 101 },
    });
    expect(read(line)).toMatchObject({ ok: true, request: { upgrade: true } });
  });
});
