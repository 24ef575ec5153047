import { expect, test } from 'vitest';
import type { AuditRecord } from '#model';
import { toAuditEvent } from './to-audit-event.ts';

const RECORD: AuditRecord = {
  auditId: '0190a000-0000-7000-8000-000000000001',
  stage: 'ResponseComplete',
  receivedAtMs: 1_700_000_000_123,
  completedAtMs: 1_700_000_000_128,
  durationMs: 5.25,
  sourceAddress: '192.0.2.7',
  userAgent: 'kubectl',
  method: 'GET',
  requestUri: '/api/v1/namespaces/team-a/pods/web/log',
  verb: 'get',
  cluster: 'demo',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: 'log',
  namespace: 'team-a',
  name: 'web',
  username: 'demo:alice',
  issuer: 'demo',
  subject: 'alice',
  groups: ['demo:team-a'],
  credentialKind: 'bearer',
  credentialId: 'abc',
  mapping: 'people',
  mappedUser: 'alice',
  mappedGroups: ['team-a'],
  decision: 'allow',
  rule: 'team-a',
  reason: 'access rule "team-a" allows it',
  statusCode: 200,
  bytesIn: 0,
  bytesOut: 12,
  upstreamRequests: 1,
  revision: 7,
  annotations: {},
  servedBy: 'gateway-1/2',
};

test('a record becomes an Event as the API server writes them', () => {
  expect(toAuditEvent(RECORD)).toEqual({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    metadata: { name: RECORD.auditId, creationTimestamp: '2023-11-14T22:13:20Z' },
    auditID: RECORD.auditId,
    stage: 'ResponseComplete',
    requestURI: RECORD.requestUri,
    verb: 'get',
    user: { username: 'demo:alice', groups: ['demo:team-a'], extra: { 'gatehouse.dev/credential-id': ['bearer:abc'] } },
    impersonatedUser: { username: 'alice', groups: ['team-a'] },
    sourceIPs: ['192.0.2.7'],
    userAgent: 'kubectl',
    objectRef: { resource: 'pods', namespace: 'team-a', name: 'web', apiVersion: 'v1', subresource: 'log' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2023-11-14T22:13:20.123000Z',
    stageTimestamp: '2023-11-14T22:13:20.128000Z',
    annotations: {
      'gatehouse.dev/decision': 'allow',
      'gatehouse.dev/rule': 'team-a',
      'gatehouse.dev/reason': 'access rule "team-a" allows it',
      'gatehouse.dev/cluster': 'demo',
      'gatehouse.dev/issuer': 'demo',
      'gatehouse.dev/subject': 'alice',
      'gatehouse.dev/mapping': 'people',
      'gatehouse.dev/method': 'GET',
      'gatehouse.dev/bytes-in': '0',
      'gatehouse.dev/bytes-out': '12',
      'gatehouse.dev/duration-ms': '5.25',
      'gatehouse.dev/upstream-requests': '1',
      'gatehouse.dev/revision': '7',
      'gatehouse.dev/served-by': 'gateway-1/2',
    },
  });
});

test('a refusal of nobody in particular says why, and nothing that is not known', () => {
  const event = toAuditEvent({
    ...RECORD,
    username: '',
    issuer: '',
    subject: '',
    groups: [],
    credentialKind: '',
    credentialId: '',
    mapping: '',
    mappedUser: '',
    mappedGroups: [],
    resource: '',
    apiVersion: '',
    namespace: '',
    name: '',
    subresource: '',
    sourceAddress: '',
    decision: 'refused',
    rule: '',
    reason: 'no credential was presented',
    statusCode: 401,
    upstreamRequests: 0,
    annotations: { code: 'notPresented' },
  });
  expect(event).toMatchObject({
    user: { username: '' },
    sourceIPs: [],
    responseStatus: { status: 'Failure', message: 'no credential was presented', code: 401 },
  });
  expect(event.annotations).toMatchObject({
    'gatehouse.dev/code': 'notPresented',
    'gatehouse.dev/decision': 'refused',
  });
  for (const absent of ['objectRef', 'impersonatedUser']) expect(event).not.toHaveProperty(absent);
  expect(event.annotations).not.toHaveProperty('gatehouse.dev/issuer');
});

test('a failure of the cluster is not told as ours', () => {
  expect(toAuditEvent({ ...RECORD, statusCode: 404 }).responseStatus).toEqual({ metadata: {}, code: 404 });
});

test('an annotation of a stage cannot take the place of the decision', () => {
  expect(
    toAuditEvent({ ...RECORD, decision: 'deny', annotations: { decision: 'allow' } }).annotations[
      'gatehouse.dev/decision'
    ],
  ).toBe('deny');
});

test('a request that is still open has no end and no status', () => {
  const event = toAuditEvent({
    ...RECORD,
    stage: 'ResponseStarted',
    completedAtMs: undefined,
    durationMs: undefined,
    statusCode: 0,
  });
  expect(event).toMatchObject({ stage: 'ResponseStarted', stageTimestamp: '2023-11-14T22:13:20.123000Z' });
  expect(event).not.toHaveProperty('responseStatus');
  expect(event.annotations).not.toHaveProperty('gatehouse.dev/duration-ms');
});

test.each([
  ['unknown', []],
  ['', []],
  ['192.0.2.7', ['192.0.2.7']],
  ['2001:db8::9', ['2001:db8::9']],
  ['2001:db8:0:0::/64', ['2001:db8:0:0::/64']],
])('a source %j is listed as %j: readers parse these as addresses', (sourceAddress, sourceIPs) => {
  expect(toAuditEvent({ ...RECORD, sourceAddress }).sourceIPs).toEqual(sourceIPs);
});
