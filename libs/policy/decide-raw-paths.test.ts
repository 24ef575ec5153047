import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile-policy.ts';
import { allowed, NS, rule } from './testdata/people.ts';

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
  it('give exec by GET only with POST beside it', () => {
    expect(allowed(raw('GET', `${NS}/pods/*/exec`), `GET ${NS}/pods/web/exec`)).toBe(false);
    expect(allowed(raw('GET POST', `${NS}/pods/*/exec`), `GET ${NS}/pods/web/exec`)).toBe(true);
  });
  it('that are malformed fail the whole compilation', () => {
    for (const path of ['api', '/a/**/b', '/a*']) expect(() => compilePolicy(raw('GET', path))).toThrow(/path pattern/);
  });
});
