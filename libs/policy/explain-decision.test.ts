import { describe, expect, it } from 'vitest';
import type { AccessRuleInput } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { explainDecision } from './explain-decision.ts';
import { bob, everything, NS, ordinary, request, rule, words, type Asked } from './testdata/people.ts';

const explain = (rules: AccessRuleInput[], line: string, { as, cluster, ...context }: Asked = {}) =>
  explainDecision(compilePolicy(rules), as ?? bob, cluster ?? 'demo', request(line), { ...ordinary, ...context });
const failed = (one: AccessRuleInput, line: string, asked: Asked = {}) =>
  explain([one], line, asked).considered[0]?.failed;

describe('explainDecision', () => {
  it.each<[string, Parameters<typeof rule>[1], string, object]>([
    ['verb', words('get', 'pods'), `DELETE ${NS}/pods/web`, { ruled: ['get'], asked: 'delete' }],
    ['group', words('get', 'pods'), '/apis/x.io/v1/namespaces/team-a/pods/web', { ruled: [''], asked: 'x.io' }],
    ['resource', words('get', 'pods'), `GET ${NS}/pods/web/log`, { ruled: ['pods'], asked: 'pods/log' }],
    ['resource', words('get', '*'), `GET ${NS}/services/web/proxy/`, { asked: 'services/proxy' }],
    ['namespace', words('list', 'pods', { namespaces: ['b'] }), `GET ${NS}/pods`, { ruled: ['b'], asked: 'team-a' }],
    ['name', words('get', 'pods', { resourceNames: ['db'] }), `GET ${NS}/pods/web`, { ruled: ['db'], asked: 'web' }],
    ['path', { verbs: ['get'], nonResourceURLs: ['/api'] }, 'GET /healthz', { ruled: ['/api'], asked: '/healthz' }],
    ['verb', { verbs: ['get'], nonResourceURLs: ['*'] }, 'HEAD /healthz', { asked: 'head' }],
    ['path', words('get', 'pods'), 'GET /healthz', { ruled: ['pods'], asked: '/healthz' }],
    ['resource', { verbs: ['get'], nonResourceURLs: ['*'] }, `GET ${NS}/pods`, { ruled: ['*'], asked: 'pods' }],
    ['path', { methods: ['GET'], paths: ['/**'] }, `GET ${NS}/pods/web/exec`, { ruled: ['/**'] }],
    ['method', { methods: ['GET'], paths: ['/**'] }, `DELETE ${NS}/pods/web`, { ruled: ['GET'], asked: 'DELETE' }],
  ])('names the part that fails: %s', (part, entry, line, more) => {
    const full = line.startsWith('/') ? `GET ${line}` : line;
    expect(failed(rule('r', entry), full)).toMatchObject({ part, entry: 0, ...more });
  });
  it('names what fails before the words of a rule: its subjects, its clusters', () => {
    expect(failed(rule('r', everything, { subjects: [{ issuer: 'demo', user: 'x' }] }), 'GET /api/v1/pods')).toEqual({
      part: 'subject',
      entry: undefined,
      ruled: ['issuer demo, user x'],
      asked: 'issuer demo, user demo:bob',
    });
    expect(failed(rule('r', everything, { clusters: ['*'] }), 'GET /api/v1/pods', { cluster: 'gatehouse' })).toEqual({
      part: 'cluster',
      entry: undefined,
      ruled: ['*'],
      asked: 'gatehouse',
    });
  });
  it('shows the nearest of several entries', () => {
    const entries = [{ verbs: ['get'], nonResourceURLs: ['*'] }, words('create', 'secrets'), words('get', 'pods')];
    expect(failed(rule('r', entries), `DELETE ${NS}/pods/web`)).toMatchObject({ part: 'verb', entry: 2 });
  });
  it('lists every rule with its match, and marks the one that decides', () => {
    const rules = [
      rule('b', everything),
      rule('a', words('get', 'secrets')),
      rule('c', everything, { effect: 'Deny', mode: 'Report' }),
      rule('d', words('list', 'pods'), { effect: 'Deny' }),
    ];
    const { decision, considered } = explain(rules, `GET ${NS}/pods`);
    expect(decision).toMatchObject({ allowed: false, rule: 'd' });
    expect(
      considered.map(({ rule: name, effect, mode, matched, decides }) => [name, effect, mode, matched, decides]),
    ).toEqual([
      ['a', 'Allow', 'Enforce', false, false],
      ['b', 'Allow', 'Enforce', true, false],
      ['c', 'Deny', 'Report', true, false],
      ['d', 'Deny', 'Enforce', true, true],
    ]);
  });
  it('names the condition that fails, once the words are met', () => {
    const conditions = { sourceAddresses: ['10.0.0.0/8'] };
    expect(failed(rule('r', everything, { conditions }), 'GET /api/v1/pods')).toMatchObject({
      part: 'condition',
      ruled: ['sourceAddresses: 10.0.0.0/8'],
      asked: '192.0.2.1',
    });
    expect(failed(rule('r', words('get', 'pods'), { conditions }), 'GET /api/v1/pods')).toMatchObject({ part: 'verb' });
  });
  it('says which act of an exec is not given', () => {
    const { considered } = explain([rule('r', words('get', 'pods/exec'))], `GET ${NS}/pods/web/exec`, {
      upgrade: true,
    });
    expect(considered[0]).toMatchObject({
      matched: true,
      acts: [
        { verb: 'get', entry: 0, failed: undefined },
        { verb: 'create', entry: undefined, failed: { part: 'verb', ruled: ['get'], asked: 'create' } },
      ],
    });
  });
});
