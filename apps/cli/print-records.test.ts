import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { AuditRecord } from '#model';
import { printRecords } from './print-records.ts';
import { readMoment } from './read-moment.ts';

/** Clears the screen, swaps the reading direction, forges a line, and an 8-bit CSI. */
const HOSTILE = 'bob\u001b[2J\u202egnp\r\n2026-01-01   root\u009b31m\u{e0041}\u2028x';

const record: AuditRecord = {
  auditId: '01a20e04-dfe1-7edb-9929-f127c3004c11',
  stage: 'ResponseComplete',
  receivedAtMs: Date.UTC(2026, 0, 2),
  completedAtMs: Date.UTC(2026, 0, 2),
  durationMs: 1,
  sourceAddress: '127.0.0.1',
  userAgent: HOSTILE,
  method: 'GET',
  requestUri: '/api',
  verb: 'list',
  cluster: 'demo',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: 'log',
  namespace: 'team-a',
  name: 'web',
  username: HOSTILE,
  issuer: 'demo',
  subject: 's',
  groups: [HOSTILE],
  credentialKind: 'bearer',
  credentialId: 'd',
  mapping: 'm',
  mappedUser: 'u',
  mappedGroups: [],
  decision: 'deny',
  rule: '',
  reason: HOSTILE,
  statusCode: 403,
  bytesIn: 0,
  bytesOut: 0,
  upstreamRequests: 0,
  revision: 1,
  annotations: {},
  servedBy: '',
};

describe('names from requests', () => {
  test.each(['table', 'json', 'yaml'] as const)('cannot steer a terminal or forge a line in %s', (format) => {
    const text = printRecords([record], format).join('\n');
    expect(text).not.toMatch(/[\p{Cf}\u2028\u2029]/u);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text.split('\n').filter((line) => line.startsWith('2026-01-01'))).toEqual([]);
  });
  test('come back unharmed from json and yaml', () => {
    for (const read of [JSON.parse, parse] as ((text: string) => { items: { user: object; userAgent: string }[] })[]) {
      const list = read(printRecords([record], read === JSON.parse ? 'json' : 'yaml').join('\n'));
      expect(list.items[0]).toMatchObject({ user: { username: HOSTILE, groups: [HOSTILE] }, userAgent: HOSTILE });
    }
  });
});

test('a table says what was asked in one word', () => {
  expect(printRecords([record], 'table')[1]).toContain('team-a/pods/web/log');
  expect(printRecords([{ ...record, resource: '' }], 'table')[1]).toContain('/api');
});

describe('moments', () => {
  test.each([
    '',
    '1',
    'h',
    '-1h',
    '1w',
    '1h30m',
    'yesterday',
    '2026-01-01',
    '2026-13-01T00:00:00Z',
    '2026-01-01T00:00:00',
  ])('%j is refused', (text) => {
    expect(readMoment(text, 0)).toBeUndefined();
  });
  test.each([
    ['90s', -90_000],
    ['30m', -1_800_000],
    ['1h', -3_600_000],
    ['7d', -604_800_000],
  ])('%s is that long ago', (text, ms) => {
    expect(readMoment(text, 0)).toBe(ms);
  });
  test('a time with a zone is that time', () => {
    expect(readMoment('2026-01-31T12:00:00+01:00', 0)).toBe(Date.UTC(2026, 0, 31, 11));
  });
});
