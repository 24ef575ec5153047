import { describe, expect, it } from 'vitest';
import { allowed, ask, everything, NS, rule, words } from './testdata/people.ts';

const TARGETS = '/apis/x.io/v1/proxy/namespaces/team-a/targets';
const TARGET = `GET ${TARGETS}/t/exec`;
const named = { verbs: ['proxy'], apiGroups: ['x.io'], resources: ['targets'] };

describe('the verb proxy', () => {
  it('is allowed where a rule names it in that group, by GET, by POST and by an upgrade', () => {
    for (const rules of [named, { ...named, resources: ['*'] }, { ...named, verbs: ['*', 'proxy'] }])
      expect(allowed([rule('r', rules)], TARGET)).toBe(true);
    expect(allowed([rule('r', named)], `POST ${TARGETS}/t`)).toBe(true);
    expect(allowed([rule('r', named)], TARGET, { upgrade: true })).toBe(true);
  });
  it('is allowed by no wildcard of verbs or groups, and by no path', () => {
    for (const rules of [
      everything,
      { ...named, verbs: ['*'] },
      { ...named, apiGroups: ['*'] },
      { ...named, verbs: ['get', 'create'] },
      { methods: ['*'], paths: ['/**'] },
      { methods: ['*'], paths: [`${TARGETS}/t/exec`] },
      { methods: ['*'], pathRegexes: ['/.*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ])
      expect([rules, allowed([rule('r', rules)], TARGET)]).toEqual([rules, false]);
  });
  it('is allowed only in the namespaces and for the names of the rule', () => {
    const limited = rule('r', { ...named, namespaces: ['team-a'], resourceNames: ['t'] });
    expect(allowed([limited], TARGET)).toBe(true);
    expect(allowed([limited], `GET ${TARGETS}/other`)).toBe(false);
    expect(allowed([limited], `GET ${TARGETS.replace('team-a', 'team-b')}/t`)).toBe(false);
    expect(allowed([limited], 'GET /apis/x.io/v1/proxy/targets/t')).toBe(false);
    expect(allowed([limited], `GET ${TARGETS}`)).toBe(false);
  });
  it('is denied by whatever may mean it: every verb, a path, a namespace that it may concern', () => {
    const all = rule('all', named);
    const denied = (line: string, rules: object): boolean =>
      !allowed([all, rule('no', rules, { effect: 'Deny' })], line);
    for (const rules of [
      everything,
      { ...named, resourceNames: ['t'] },
      { verbs: ['*'], apiGroups: ['x.io'], resources: ['targets'], namespaces: ['team-a'] },
      { methods: ['GET'], paths: ['/apis/x.io/**'] },
      { methods: ['*'], pathRegexes: ['/apis/x[.]io/.*'] },
    ])
      expect([rules, denied(TARGET, rules)]).toEqual([rules, true]);
    expect(denied('GET /apis/x.io/v1/proxy/targets', { ...named, namespaces: ['team-a'] })).toBe(true);
    expect(denied(TARGET, { ...named, namespaces: ['team-b'] })).toBe(false);
    expect(denied(TARGET, words('*', 'targets'))).toBe(false);
  });
  it('says which verb is missing', () => {
    expect(ask([rule('r', everything)], TARGET).reason).toContain(
      'cannot proxy resource "targets" in API group "x.io" in the namespace "team-a"',
    );
  });
});

describe('OPTIONS behind a proxy', () => {
  const PAGE = `OPTIONS ${NS}/services/web/proxy/x`;

  it('is allowed where a rule gives every verb of that proxy, or the method on that path', () => {
    for (const rules of [
      words('*', 'services/proxy'),
      words('*', 'services/proxy', { resourceNames: ['web'] }),
      { methods: ['OPTIONS'], paths: [`${NS}/services/*/proxy/**`] },
      { methods: ['*'], paths: [`${NS}/services/web/proxy/x`] },
    ])
      expect([rules, allowed([rule('r', rules)], PAGE)]).toEqual([rules, true]);
  });
  it('is allowed by no list of verbs, no other method, and no wildcard of resources or paths', () => {
    for (const rules of [
      words('get list watch create update patch delete deletecollection proxy', 'services/proxy'),
      words('*', 'services/proxy', { resourceNames: ['other'] }),
      words('*', 'services'),
      everything,
      { methods: ['GET', 'POST'], paths: [`${NS}/services/web/proxy/**`] },
      { methods: ['OPTIONS'], paths: ['/**'] },
      { methods: ['OPTIONS'], pathRegexes: ['/.*'] },
      { verbs: ['options'], nonResourceURLs: ['*'] },
    ])
      expect([rules, allowed([rule('r', rules)], PAGE)]).toEqual([rules, false]);
  });
  it('is denied by every verb, and by the method', () => {
    const all = rule('all', words('*', 'services/proxy'));
    for (const rules of [everything, { methods: ['OPTIONS'], paths: [`${NS}/services/web/proxy/**`] }])
      expect([rules, allowed([all, rule('no', rules, { effect: 'Deny' })], PAGE)]).toEqual([rules, false]);
  });
  it('is called by its method, since it has no verb', () => {
    expect(ask([], PAGE).reason).toContain('cannot options resource "services/proxy"');
  });
});
