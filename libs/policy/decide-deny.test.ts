import { describe, expect, it } from 'vitest';
import type { Rule } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { allowed, ask, everything, NS, rule, words } from './testdata/people.ts';

describe('Deny', () => {
  const all = rule('all', [
    everything,
    words('*', 'services/proxy pods/proxy nodes/proxy pods/exec'),
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]);
  const deny = (rules: Rule | Rule[]) => [all, rule('no', rules, { effect: 'Deny' })];

  it('wins over every Allow, and is named', () => {
    expect(ask(deny(words('get', 'secrets')), `GET ${NS}/secrets/x`)).toMatchObject({ allowed: false, rule: 'no' });
    expect(ask(deny(words('get', 'secrets')), `GET ${NS}/secrets/x`).reason).toContain('access rule "no" denies it');
    expect(allowed(deny(words('get', 'secrets')), `GET ${NS}/configmaps/x`)).toBe(true);
  });
  it('with resourceNames also meets requests whose name is unknown', () => {
    const named = deny(words('*', 'secrets', { resourceNames: ['x'] }));
    for (const line of [
      'GET /api/v1/secrets',
      `GET ${NS}/secrets?watch=1`,
      `DELETE ${NS}/secrets`,
      `POST ${NS}/secrets`,
      `GET ${NS}/secrets/x`,
      `GET ${NS}/secrets?fieldSelector=metadata.name=x`,
      `GET ${NS}/secrets?fieldSelector=metadata.name=y&limit=z`,
    ])
      expect([line, allowed(named, line)]).toEqual([line, false]);
    for (const line of [`GET ${NS}/secrets/y`, `GET ${NS}/secrets?fieldSelector=metadata.name=y`])
      expect([line, allowed(named, line)]).toEqual([line, true]);
  });
  it('with namespaces also meets requests across all of them', () => {
    const inA = deny(words('*', 'secrets', { namespaces: ['team-a'] }));
    for (const line of [
      'GET /api/v1/secrets',
      'GET /api/v1/secrets?watch=1',
      'GET /api/v1/secrets?fieldSelector=metadata.name=x',
      `GET ${NS}/secrets/x`,
    ])
      expect([line, allowed(inA, line)]).toEqual([line, false]);
    expect(allowed(inA, 'GET /api/v1/namespaces/team-b/secrets')).toBe(true);
    const wild = deny({ ...everything, namespaces: ['team-a'] });
    expect([
      allowed(wild, 'GET /api/v1/nodes'),
      allowed(wild, 'GET /api/v1/pods'),
      allowed(wild, 'GET /apis/x.io/v1/things'),
    ]).toEqual([true, false, false]);
  });
  it('by a wildcard takes proxies away too, and knows pods/*', () => {
    expect(allowed(deny(words('*', '*')), `GET ${NS}/services/web/proxy/`)).toBe(false);
    expect(allowed(deny(words('*', '*/proxy')), 'GET /api/v1/nodes/n/proxy/')).toBe(false);
    expect(allowed(deny(words('*', 'pods/*')), `GET ${NS}/pods/web/log`)).toBe(false);
    expect(allowed(deny(words('*', 'pods/*')), `GET ${NS}/pods/web`)).toBe(true);
  });
  it('of create on pods/exec stops the exec by GET', () => {
    expect(allowed(deny(words('create', 'pods/exec')), `GET ${NS}/pods/web/exec`, { upgrade: true })).toBe(false);
    expect(allowed([all], `GET ${NS}/pods/web/exec`, { upgrade: true })).toBe(true);
  });
  it('of a proxied name meets every spelling that may lead to it', () => {
    const web = deny(words('*', 'services/proxy pods/proxy', { resourceNames: ['web'] }));
    for (const name of ['web', 'web:80', 'http:web:80', 'https:web:', ':web:80', 'web:http']) {
      expect([name, allowed(web, `GET ${NS}/services/${name}/proxy/`)]).toEqual([name, false]);
      expect([name, allowed(web, `GET ${NS}/pods/${name}/proxy/`)]).toEqual([name, false]);
    }
    expect(allowed(web, `GET ${NS}/services/other:80/proxy/`)).toBe(true);
    const port = deny(words('*', 'services/proxy', { resourceNames: ['web:80'] }));
    for (const name of ['web:80', 'http:web:80', 'https:web:80', 'web', 'web:http', 'web:'])
      expect([name, allowed(port, `GET ${NS}/services/${name}/proxy/`)]).toEqual([name, false]);
    expect(allowed(port, `GET ${NS}/services/web:81/proxy/`)).toBe(true);
  });
  it('by raw path meets every spelling of it', () => {
    const path = deny({
      methods: ['*'],
      paths: [`${NS}/secrets`, `${NS}/secrets/**`, `${NS}/services/*/proxy/admin/**`, '/logs'],
    });
    for (const line of [
      `GET ${NS}/secrets`,
      `GET ${NS}/secrets/`,
      `GET ${NS}/%73ecrets/x`,
      `GET /%61pi/v1/namespaces/team-%61/secrets`,
      `GET ${NS}/services/web/proxy/admin/x`,
      `GET ${NS}/services/web/proxy/admin%2Fx`,
      `GET ${NS}/services/web/proxy//admin//x`,
      'GET /logs/',
    ])
      expect([line, allowed(path, line)]).toEqual([line, false]);
    expect(allowed(path, `GET ${NS}/secretsx`)).toBe(true);
  });
  it('of a non-resource URL meets it with a trailing slash and by HEAD', () => {
    const url = deny({ verbs: ['get'], nonResourceURLs: ['/logs'] });
    for (const line of ['GET /logs', 'GET /logs/', 'HEAD /logs', 'GET /log%73'])
      expect([line, allowed(url, line)]).toEqual([line, false]);
  });
  it('that could never match fails the whole compilation', () => {
    for (const empty of [
      {},
      { verbs: ['*'] },
      { resources: ['pods'], verbs: ['*'] },
      { paths: ['/x'] },
      { ...everything, namespaces: [] },
      { nonResourceURLs: ['/x'] },
    ])
      expect(() => compilePolicy(deny(empty))).toThrow(/never match/);
  });
});

describe('mode Report', () => {
  it('changes nothing: a Deny does not deny and an Allow does not allow, and both are reported', () => {
    const deny = rule('would-deny', everything, { effect: 'Deny', mode: 'Report' });
    const allow = rule('would-allow', everything, { mode: 'Report' });
    expect(ask([allow], 'GET /api/v1/pods')).toMatchObject({
      allowed: false,
      rule: undefined,
      reported: [{ rule: 'would-allow', effect: 'Allow' }],
    });
    expect(ask([rule('yes', everything), deny], 'GET /api/v1/pods')).toMatchObject({
      allowed: true,
      rule: 'yes',
      reported: [{ rule: 'would-deny', effect: 'Deny' }],
    });
    expect(ask([deny, allow], 'GET /healthz').reported).toEqual([]);
  });
  it('reports an Allow only where it would have given every act', () => {
    const half = rule('half', words('get', 'pods/exec'), { mode: 'Report' });
    expect(ask([half], `GET ${NS}/pods/web/exec`).reported).toEqual([]);
    expect(ask([half, rule('rest', words('create', 'pods/exec'))], `GET ${NS}/pods/web/exec`)).toMatchObject({
      allowed: false,
      reported: [{ rule: 'half', effect: 'Allow' }],
    });
  });
});

describe('the people of the demo', () => {
  const readers = rule('team-a-readers', [
    words('get list watch', 'pods pods/log', { namespaces: ['team-a'] }),
    words('*', 'services/proxy', { namespaces: ['team-a'], resourceNames: ['web'] }),
    { verbs: ['get'], nonResourceURLs: ['/', '/api*', '/openapi/*', '/version'] },
  ]);
  it('bob reads pods and logs of team-a, reaches its web service, and nothing else', () => {
    for (const line of [
      `GET ${NS}/secrets`,
      `GET /api/v1/namespaces/team-b/pods`,
      `DELETE ${NS}/pods/web`,
      `POST ${NS}/pods/web/exec`,
      'GET /api/v1/pods',
      `GET ${NS}/services/db/proxy/`,
      'GET /api/v1/nodes/n/proxy/',
      `GET ${NS}/services/web`,
    ])
      expect([line, allowed([readers], line)]).toEqual([line, false]);
    for (const line of [
      `GET ${NS}/pods`,
      `GET ${NS}/pods?watch=1`,
      `GET ${NS}/pods/web`,
      `GET ${NS}/pods/web/log?follow=true`,
      `GET ${NS}/services/web/proxy/`,
      `POST ${NS}/services/http:web:80/proxy/x`,
      'GET /',
      'GET /apis',
      'GET /openapi/v3/apis/apps/v1?hash=1',
    ])
      expect([line, allowed([readers], line)]).toEqual([line, true]);
  });
});
