import { expect, it } from 'vitest';
import { annotation, describeEvent } from './describe-event.ts';
import type { AuditEvent } from './types.ts';

const event = (part: Partial<AuditEvent>): AuditEvent => ({
  auditID: '1',
  stage: 'ResponseComplete',
  requestURI: '/version?x=1',
  verb: 'get',
  user: {},
  requestReceivedTimestamp: '',
  ...part,
});

it('shows the path of what is no resource', () => {
  expect(describeEvent(event({}))).toBe('/version?x=1');
  expect(describeEvent(event({ objectRef: {} }))).toBe('/version?x=1');
});

it('names resource, object and namespace', () => {
  expect(
    describeEvent(event({ objectRef: { resource: 'pods', subresource: 'exec', name: 'web', namespace: 'team-a' } })),
  ).toBe('team-a/pods/exec web');
  expect(describeEvent(event({ objectRef: { resource: 'nodes' } }))).toBe('nodes');
});

it('reads the annotations that are the gateway’s', () => {
  expect(annotation(event({ annotations: { 'gatehouse.dev/rule': 'r', rule: 'other' } }), 'rule')).toBe('r');
  expect(annotation(event({}), 'rule')).toBe('');
});
