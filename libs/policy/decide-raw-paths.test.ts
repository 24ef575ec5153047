import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile-policy.ts';
import { decide } from './decide.ts';
import { allowed, bob, everything, NS, ordinary, request, rule, words } from './testdata/people.ts';

describe('raw method and path rules', () => {
  const raw = (methods: string, ...paths: string[]) => [rule('r', { methods: methods.split(' '), paths })];
  it('are anchored, and * is one whole segment', () => {
    for (const path of [
      `${NS}/pods`,
      `${NS}/*`,
      `${NS}/pods/*/*`,
      '/namespaces/team-a/pods/web',
      `${NS}/pods/we`,
      `${NS}/PODS/web`,
      `${NS}/pods/web/**`,
      `${NS}/pods/web/`,
      '/',
    ])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, false]);
    for (const path of [`${NS}/pods/web`, `${NS}/pods/*`, '/api/*/namespaces/*/pods/*', `${NS}/**`, '/**'])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, true]);
  });
  it('with ** take at least one segment: what is under a namespace is not the namespace', () => {
    for (const line of [`DELETE ${NS}`, `DELETE ${NS}/`])
      expect([line, allowed(raw('*', `${NS}/**`), line)]).toEqual([line, false]);
    expect(allowed(raw('GET', '/logs/**'), 'GET /logs/')).toBe(true);
    expect(allowed(raw('GET', '/**'), 'GET /')).toBe(true);
  });
  it('with * within a segment match a part of it, and never go over a slash', () => {
    for (const path of [`${NS}/pods/w*x`, `${NS}/p*/web/*`, '/api/v1/n*/pods/web', `${NS}/pods/web*b`, `${NS}/*/c*`])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, false]);
    for (const path of [`${NS}/pods/w*`, `${NS}/pods/*b`, `${NS}/po*s/w*b`, '/api/v*/namespaces/team-*/pods/web*'])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, true]);
    expect(allowed(raw('*', `${NS}/services/web/proxy/static-*`), `GET ${NS}/services/web/proxy/static-a/b`)).toBe(
      false,
    );
  });
  it('with ** in the middle go over any number of segments, none included', () => {
    for (const path of ['/api/**/pods', '/**/web/**', '/apis/**/web', '/api/**/web/**/*'])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, false]);
    for (const path of [
      '/api/**/web',
      '/**/pods/*',
      '/**/*',
      `${NS}/**/pods/web`,
      `${NS}/pods/**/web`,
      '/api/**/team-a/**/web',
    ])
      expect([path, allowed(raw('GET', path), `GET ${NS}/pods/web`)]).toEqual([path, true]);
  });
  it('of more segments than are looked at are allowed by none, and denied by each Deny', () => {
    const long = `GET ${NS}/services/web/proxy/${'x/'.repeat(300)}`;
    const services = rule('s', words('get', 'services/proxy'));
    const deny = (method: string) => rule('no', { methods: [method], paths: ['/other/**'] }, { effect: 'Deny' });
    expect(allowed(raw('*', `${NS}/services/web/proxy/**`), long)).toBe(false);
    expect([allowed([services], long), allowed([services, deny('*')], long)]).toEqual([true, false]);
    expect(allowed([services, deny('POST')], long)).toBe(true);
  });
  it('are matched in time that grows with the path alone, however many stars there are', () => {
    const rules = Array.from({ length: 500 }, (_, i) =>
      rule(`r${i}`, { methods: ['GET'], paths: [`/**/a*b*${i}/**/c*/x`] }),
    );
    const policy = compilePolicy(rules);
    const started = performance.now();
    expect(decide(policy, bob, 'demo', request(`GET /logs/${'ab0/ca/'.repeat(120)}y`), ordinary).allowed).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });
  it('match the raw bytes: an escaped letter is another path', () => {
    expect(allowed(raw('GET', `${NS}/pods/*`), `GET ${NS}/%70ods/web`)).toBe(false);
    expect(allowed(raw('GET', `${NS}/pods`), `GET ${NS}/pods/`)).toBe(true);
    expect(allowed(raw('GET', '/healthz'), 'GET /healthz/')).toBe(false);
  });
  it('go by the method, where GET covers HEAD', () => {
    expect(allowed(raw('GET', '/**'), 'POST /api/v1/pods')).toBe(false);
    expect(allowed(raw('HEAD', '/**'), 'GET /api/v1/pods')).toBe(false);
    expect(allowed(raw('get', '/**'), 'GET /api/v1/pods')).toBe(false);
    expect([allowed(raw('GET', '/**'), 'HEAD /api/v1/pods'), allowed(raw('*', '/**'), 'DELETE /api/v1/pods')]).toEqual([
      true,
      true,
    ]);
  });
  it('reach a connect subresource only by its literal segment', () => {
    for (const sub of ['exec', 'attach', 'portforward', 'proxy']) {
      const line = `POST ${NS}/pods/web/${sub}`;
      for (const path of ['/**', `${NS}/**`, `${NS}/pods/**`, `${NS}/pods/web/**`, `${NS}/pods/*/*`, '/*/*/*/*/*/*/*'])
        expect([path, allowed(raw('*', path), line)]).toEqual([path, false]);
      expect(allowed(raw('POST', `${NS}/*/*/${sub}`), line)).toBe(true);
      expect(
        allowed(raw('*', `${NS}/*/*/${sub}`), `POST ${NS}/pods/web/%${sub.charCodeAt(0).toString(16)}${sub.slice(1)}`),
      ).toBe(false);
    }
    expect(allowed(raw('*', '/api/v1/nodes/**'), 'GET /api/v1/nodes/n/proxy/run')).toBe(false);
    expect(allowed(raw('*', '/api/v1/nodes/*/proxy/**'), 'GET /api/v1/nodes/n/proxy/run')).toBe(true);
    expect(
      allowed(raw('*', '/apis/k/v1/namespaces/*/vms/*/*'), 'GET /apis/k/v1/namespaces/x/vms/vm/console', {
        upgrade: true,
      }),
    ).toBe(false);
    expect(
      allowed(raw('*', '/apis/k/v1/namespaces/*/vms/*/console'), 'GET /apis/k/v1/namespaces/x/vms/vm/console', {
        upgrade: true,
      }),
    ).toBe(true);
    expect(allowed(raw('*', '/apis/k/v1/vms/*/exec'), 'GET /apis/k/v1/vms/vm/exec')).toBe(true);
  });
  it('reach no connect subresource by a star within a segment, nor by ** over it', () => {
    for (const sub of ['exec', 'proxy', 'eviction']) {
      const line = `POST ${NS}/pods/web/${sub}`;
      for (const path of [`${NS}/pods/web/${sub.slice(0, 2)}*`, `${NS}/pods/**/*`, '/**/web/**', `/**/web/*${sub}`])
        expect([path, allowed(raw('*', path), line)]).toEqual([path, false]);
      for (const path of [`/**/${sub}`, `${NS}/**/${sub}`])
        expect([path, allowed(raw('*', path), line)]).toEqual([path, true]);
    }
    // The word must stand where the subresource is, not behind it.
    const proxied = `GET ${NS}/services/web/proxy/exec`;
    expect([allowed(raw('*', '/**/exec'), proxied), allowed(raw('*', '/**/proxy/**'), proxied)]).toEqual([false, true]);
  });
  it('give exec by GET only with POST beside it', () => {
    expect(allowed(raw('GET', `${NS}/pods/*/exec`), `GET ${NS}/pods/web/exec`)).toBe(false);
    expect(allowed(raw('GET POST', `${NS}/pods/*/exec`), `GET ${NS}/pods/web/exec`)).toBe(true);
  });
  it('by a regular expression match the whole path, and no connect subresource', () => {
    const regex = (...pathRegexes: string[]) => [rule('r', { methods: ['GET'], pathRegexes })];
    for (const text of [`${NS}/pod`, 'pods', `${NS}/pods`, '/API/.*', `${NS}/pods/[a-d]+`])
      expect([text, allowed(regex(text), `GET ${NS}/pods/web`)]).toEqual([text, false]);
    for (const text of [`${NS}/pods/(web|db)`, '.*', '(?i)/API/.*', `${NS}/pods/\\w+`])
      expect([text, allowed(regex('/none', text), `GET ${NS}/pods/web`)]).toEqual([text, true]);
    for (const line of [`GET ${NS}/services/web/proxy/`, 'GET /api/v1/nodes/n/proxy/run', `GET ${NS}/pods/web/exec`])
      expect([line, allowed(regex('.*', '.*(proxy|exec).*'), line)]).toEqual([line, false]);
    expect(allowed(regex('.*'), `GET /apis/x.io/v1/namespaces/a/things/${'x'.repeat(2048)}`)).toBe(false);
  });
  it('by a regular expression deny every spelling, and what is too long to be tried', () => {
    const all = rule('all', [everything, { verbs: ['*'], nonResourceURLs: ['*'] }]);
    const deny = [all, rule('no', { methods: ['*'], pathRegexes: [`${NS}/secrets(/.*)?`] }, { effect: 'Deny' })];
    for (const line of [
      `GET ${NS}/secrets`,
      `GET ${NS}/secrets/`,
      `GET ${NS}/%73ecrets/x`,
      `GET ${NS}/%73ecrets/x%0a`,
      `GET /logs/${'x'.repeat(2048)}`,
    ])
      expect([line, allowed(deny, line)]).toEqual([line, false]);
    expect(allowed(deny, `GET ${NS}/secretsx`)).toBe(true);
  });
  it('that are malformed fail the whole compilation', () => {
    expect(() => compilePolicy([rule('r', { methods: ['GET'], pathRegexes: ['('] })])).toThrow(/path expression/);
    for (const path of ['api', '/a/**/**', '/a**'])
      expect(() => compilePolicy(raw('GET', path))).toThrow(/path pattern/);
  });
});
