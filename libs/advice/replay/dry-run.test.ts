import { describe, expect, test } from 'vitest';
import { redactRequestUri } from '#audit';
import type { AuditRecord } from '#model';
import type { AccessRuleInput } from '#policy';
import { record } from '../testdata/records.ts';
import { dryRun } from './dry-run.ts';
import { GatheredRequests } from './gather-requests.ts';
import { showDryRun } from './show-dry-run.ts';

const PODS = '/clusters/demo/api/v1/namespaces/team-a/pods';
const reads = (name: string, more: Partial<AccessRuleInput> = {}): AccessRuleInput => ({
  name,
  subjects: [{ issuer: 'demo', group: 'demo:dev' }],
  clusters: ['demo'],
  rules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] }],
  ...more,
});
const gather = (...records: AuditRecord[]): GatheredRequests => {
  const gathered = new GatheredRequests();
  for (const entry of records) gathered.add(entry);
  return gathered;
};
const NOW = Date.UTC(2026, 0, 1);

describe('a dry run does not judge again', () => {
  test('what was refused before any rule was asked, and what was no request to a cluster', () => {
    const { requests, notReplayed, records } = gather(
      record(`GET ${PODS}`, { decision: 'refused', statusCode: 401, username: '' }),
      record('GET /-/me'),
      record(' ', { method: '', requestUri: '', username: 'cli:root' }),
      record(`GET ${PODS}`, { cluster: '' }),
    );
    expect(requests).toEqual([]);
    expect([records, notReplayed]).toEqual([4, { refusedBefore: 1, noRequest: 3, readsOtherwise: 0 }]);
  });
  test('what reads otherwise than it did, now that its query is redacted', () => {
    const asWas = record(`GET ${PODS}?fieldSelector=metadata.name%3Dweb`);
    expect(gather(asWas).requests.map(({ request }) => request.name)).toEqual(['web']);
    expect(gather({ ...asWas, requestUri: `${PODS}?fieldSelector=[redacted]` }).notReplayed.readsOtherwise).toBe(1);
    expect(gather({ ...asWas, requestUri: `${PODS}?%zz` }).notReplayed.readsOtherwise).toBe(1);
  });
});

describe('a dry run', () => {
  test('reads a target whose redacted query says nothing to the rules as it was', () => {
    const target = '/clusters/demo/api/v1/namespaces/team-a/services/web/proxy/?token=secret';
    const entry = record(`GET ${target}`);
    const gathered = gather(
      { ...entry, requestUri: redactRequestUri(target) },
      record(`GET ${PODS}?access_token=x&watch=1`),
    );
    expect(gathered.notReplayed.readsOtherwise).toBe(0);
    expect(gathered.requests.map(({ request }) => [request.verb, request.subresource, request.name])).toEqual([
      ['get', 'proxy', 'web'],
      ['watch', '', ''],
    ]);
  });
  test('tells what a change newly denies and newly allows, the commonest first, each kind of request once', () => {
    const gathered = gather(
      record(`GET ${PODS}?limit=500`),
      record(`GET ${PODS}?limit=500&continue=x`),
      record(`GET ${PODS}/web`),
      record(`DELETE ${PODS}/web`, { decision: 'deny', statusCode: 403 }),
    );
    const after = [reads('a', { rules: [{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods'] }] })];
    const run = dryRun(gathered.requests, { before: [reads('a')], after }, NOW);
    const shown = showDryRun(run, gathered, false, 10);
    expect(shown).toMatchObject({
      records: 4,
      replayed: 4,
      changedSince: 0,
      leftOut: 0,
      newlyDenied: [
        {
          count: 2,
          user: 'demo:bob',
          verb: 'list',
          what: 'team-a/pods',
          before: { rule: 'a' },
          after: { allowed: false },
        },
      ],
      newlyAllowed: [
        { count: 1, verb: 'delete', what: 'team-a/pods/web', before: { allowed: false }, after: { rule: 'a' } },
      ],
    });
    expect(showDryRun(run, gathered, true, 0)).toMatchObject({
      truncated: true,
      newlyDenied: [],
      newlyAllowed: [],
      leftOut: 2,
    });
  });
  test('blames a change neither for what has changed since nor for a rule that has run out', () => {
    const gathered = gather(
      record(`GET ${PODS}`),
      record(`GET ${PODS}`, { decision: 'deny' }),
      record(`GET ${PODS}/x`, { decision: 'deny' }),
    );
    const expired = reads('gone', { conditions: { notAfter: '2025-01-01T00:00:00Z' } });
    const run = dryRun(gathered.requests, { before: [expired], after: [expired] }, NOW);
    expect(run).toMatchObject({ newlyDenied: [], newlyAllowed: [], changedSince: 1 });
  });
  test('takes the fresh login that a rule wants as granted, and names the rule', () => {
    const strict = reads('strict', {
      conditions: { maxAuthenticationAgeSeconds: 60, acrValues: ['mfa'], sourceAddresses: ['192.0.2.0/24'] },
    });
    const gathered = gather(record(`GET ${PODS}`), record(`GET ${PODS}`, { sourceAddress: '203.0.113.1' }));
    const run = dryRun(gathered.requests, { before: [reads('a')], after: [strict] }, NOW);
    expect(run.loginAssumed).toEqual(['strict']);
    expect(run.newlyDenied.map(({ asked }) => asked.sourceAddress)).toEqual(['203.0.113.1']);
  });
  test('asks about an upgrade as an upgrade, whether it came about or was denied', () => {
    const line = 'GET /clusters/demo/apis/example.com/v1/namespaces/a/machines/m/console';
    const before = [reads('a', { rules: [{ verbs: ['get'], apiGroups: ['*'], resources: ['*'] }] })];
    const denied = (changes: Partial<AuditRecord>): boolean => {
      const { requests } = gather(record(line, changes));
      return dryRun(requests, { before, after: before }, NOW).changedSince > 0;
    };
    expect(denied({ statusCode: 101 })).toBe(true);
    expect(denied({ annotations: { upgrade: 'websocket' } })).toBe(true);
    expect(denied({})).toBe(false);
  });
  test('refuses rules that do not compile', () => {
    const broken = reads('broken', { effect: 'Deny', rules: [{ verbs: ['get'] }] });
    expect(() => dryRun([], { before: [], after: [broken] }, NOW)).toThrow('could never match');
  });
});
