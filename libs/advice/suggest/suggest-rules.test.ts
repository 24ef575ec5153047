import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '#model';
import { decide, compilePolicy, type AccessRuleInput } from '#policy';
import { parseRequest } from '#kube';
import { validateObject } from '#resources';
import { accessRulesOf } from '../access-rules-of.ts';
import { GatheredRequests } from '../replay/gather-requests.ts';
import { supposeIdentity } from '../suppose-identity.ts';
import { record } from '../testdata/records.ts';
import { suggestRules, type SuggestOptions } from './suggest-rules.ts';

const NOW = Date.UTC(2026, 0, 1);
const API = '/clusters/demo/api/v1/namespaces';
const by = (username: string, ...groups: string[]): Partial<AuditRecord> => ({ username: `demo:${username}`, groups });

function suggest(records: AuditRecord[], more: Partial<SuggestOptions> = {}) {
  const gathered = new GatheredRequests();
  for (const entry of records) gathered.add(entry);
  const suggested = suggestRules(gathered.requests, {
    kept: [],
    perPerson: false,
    roundUp: false,
    nowMs: NOW,
    ...more,
  });
  for (const { object } of suggested.suggestions) expect(validateObject(object)).toMatchObject({ ok: true });
  return suggested;
}
const rulesOf = (records: AuditRecord[], more: Partial<SuggestOptions> = {}) =>
  Object.fromEntries(suggest(records, more).suggestions.map(({ object }) => [object.metadata.name, object.spec]));

const rule = (name: string, more: Partial<AccessRuleInput> = {}): AccessRuleInput => ({
  name,
  subjects: [{ issuer: 'demo' }],
  clusters: ['*'],
  rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  ...more,
});

describe('nothing is suggested for', () => {
  test('what was denied, what the cluster refused, and what the rules that stay allow', () => {
    const line = `GET ${API}/a/configmaps/x`;
    expect(suggest([record(line, { decision: 'deny', statusCode: 403 })]).kinds).toBe(0);
    expect(suggest([record(line, { statusCode: 403 })]).kinds).toBe(0);
    expect(suggest([record(line)], { kept: [rule('wide')] }).kinds).toBe(0);
  });
  test('what a Deny refuses that stays, and it is told', () => {
    const { suggestions, notCovered } = suggest([record(`GET ${API}/a/secrets/x`)], {
      kept: [
        rule('no-secrets', { effect: 'Deny', rules: [{ verbs: ['*'], apiGroups: [''], resources: ['secrets'] }] }),
      ],
    });
    expect(suggestions).toHaveLength(1);
    expect(notCovered).toMatchObject([{ reason: expect.stringContaining('access rule "no-secrets" denies it') }]);
  });
  test('what no rule can say, and it is told', () => {
    const { notCovered } = suggest([record('GET /clusters/demo/odd*/path'), record(`GET ${API}/a/configmaps/a*b`)]);
    expect(notCovered).toHaveLength(2);
  });
});

describe('a suggestion', () => {
  test('merges verbs, resources and namespaces of one group into few rules', () => {
    const lines = ['a', 'b'].flatMap((namespace) => [
      `GET ${API}/${namespace}/pods`,
      `GET ${API}/${namespace}/pods?watch=1`,
      `GET ${API}/${namespace}/pods/web-1`,
      `GET ${API}/${namespace}/services`,
      `GET ${API}/${namespace}/services?watch=1`,
      `GET ${API}/${namespace}/services/web`,
      `GET ${API}/${namespace}/pods/web-1/log`,
      `DELETE ${API}/${namespace}/pods/web-2`,
    ]);
    const [spec] = Object.values(rulesOf(lines.map((line) => record(line, by('ann')))));
    const both = { apiGroups: [''], namespaces: ['a', 'b'] };
    expect(spec).toEqual({
      subjects: [{ issuer: 'demo', user: 'demo:ann' }],
      clusters: ['demo'],
      rules: [
        { verbs: ['get', 'list', 'watch', 'delete'], resources: ['pods'], ...both },
        { verbs: ['get'], resources: ['pods/log'], ...both },
        { verbs: ['get', 'list', 'watch'], resources: ['services'], ...both },
      ],
    });
  });
  test('keeps the names of what people name, and forgets those of pods and of what was listed', () => {
    const ann = by('ann');
    const [spec] = Object.values(
      rulesOf([
        record(`GET ${API}/a/configmaps/x`, ann),
        record(`GET ${API}/a/configmaps/y`, ann),
        record(`GET ${API}/a/secrets`, ann),
        record(`GET ${API}/a/secrets/z`, ann),
        record(`DELETE ${API}/a/secrets/z`, ann),
        record(`POST ${API}/a/pods/web-5d8/exec?command=id`, ann),
      ]),
    );
    expect(spec).toMatchObject({
      rules: [
        { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['x', 'y'], namespaces: ['a'] },
        { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'], namespaces: ['a'] },
        { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'], namespaces: ['a'] },
        { verbs: ['delete'], apiGroups: [''], resources: ['secrets'], resourceNames: ['z'], namespaces: ['a'] },
      ],
    });
  });
  test('of an exec by WebSocket has both verbs that it needs', () => {
    const [spec] = Object.values(rulesOf([record(`GET ${API}/a/pods/web/exec`, { ...by('ann'), statusCode: 101 })]));
    expect(spec).toMatchObject({ rules: [{ verbs: ['get', 'create'], resources: ['pods/exec'] }] });
  });
  test('of OPTIONS to a page behind a proxy is a rule of paths, which gives no other method', () => {
    const spec = rulesOf([
      record(`OPTIONS ${API}/a/services/http:web:80/proxy/x`, by('ada')),
      record(`GET ${API}/a/services/http:web:80/proxy/x`, by('ada')),
    ])['suggested.user.demo.ada'] as { rules: object[] };
    const page = '/api/v1/namespaces/a/services/http:web:80/proxy';
    expect(spec.rules).toEqual([
      {
        verbs: ['get'],
        apiGroups: [''],
        resources: ['services/proxy'],
        resourceNames: ['http:web:80'],
        namespaces: ['a'],
      },
      { methods: ['OPTIONS'], paths: [page, `${page}/**`] },
    ]);
  });
  test('of the verb proxy names it, and its group', () => {
    const line = 'GET /clusters/demo/apis/x.io/v1/proxy/namespaces/a/targets/t';
    const spec = rulesOf([record(line, by('ada'))])['suggested.user.demo.ada'] as { rules: object[] };
    expect(spec.rules).toEqual([
      { verbs: ['proxy'], apiGroups: ['x.io'], resources: ['targets'], resourceNames: ['t'], namespaces: ['a'] },
    ]);
  });
  test('is for a group where two and at least half of it used it, else for the person', () => {
    const line = `GET ${API}/a/configmaps`;
    const two = [record(line, by('ann', 'dev')), record(line, by('bob', 'dev', 'ops'))];
    expect(Object.keys(rulesOf(two))).toEqual(['suggested.group.dev']);
    expect(Object.keys(rulesOf(two, { perPerson: true }))).toHaveLength(2);
    const others = ['c', 'd', 'e'].map((name) => record(`GET ${API}/a/secrets/${name}`, by(name, 'dev')));
    expect(Object.keys(rulesOf([...two, ...others])).filter((name) => name.startsWith('suggested.group'))).toEqual([]);
    const { suggestions } = suggest([...two, others[0]!]);
    expect(suggestions.find(({ object }) => object.metadata.name === 'suggested.group.dev')?.more).toEqual([
      'to demo:c, who did not use it: list configmaps in a',
      'all of it to whoever else is in dev',
    ]);
  });
  test('gives everybody of the issuer discovery and questions about oneself, and nothing else', () => {
    const lines = [
      'GET /clusters/demo/apis/apps/v1',
      'GET /clusters/demo/version',
      `POST /clusters/demo/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
      `GET ${API}/a/configmaps`,
    ];
    const rules = rulesOf(lines.flatMap((line) => [record(line, by('ann')), record(line, by('bob'))]));
    expect(rules['suggested.everybody.demo']).toMatchObject({
      subjects: [{ issuer: 'demo' }],
      rules: [
        { nonResourceURLs: expect.arrayContaining(['/apis/*', '/version']) },
        { resources: ['selfsubjectaccessreviews'] },
      ],
    });
    expect(Object.keys(rules)).toHaveLength(3);
  });
  test('for the same on two clusters is one rule, and never takes the name of a rule that stays', () => {
    const lines = ['demo', 'prod'].map((cluster) => record(`GET /clusters/${cluster}/api/v1/nodes`, by('ann', 'dev')));
    const bobs = lines.map((entry) => ({ ...entry, ...by('bob', 'dev') }));
    expect(rulesOf([...lines, ...bobs])).toMatchObject({ 'suggested.group.dev': { clusters: ['demo', 'prod'] } });
    const stays = rule('suggested.group.dev', { rules: [{ verbs: ['get'], apiGroups: ['x'], resources: ['x'] }] });
    expect(Object.keys(rulesOf([...lines, ...bobs], { kept: [stays] }))).toEqual(['suggested.group.dev.2']);
    const alike = [...lines, ...lines.map((entry) => ({ ...entry, username: 'demo.ann' }))];
    expect(Object.keys(rulesOf(alike, { perPerson: true }))).toEqual([
      'suggested.user.demo.ann',
      'suggested.user.demo.ann.2',
    ]);
  });
  test('rounds up where it is asked to', () => {
    const [spec] = Object.values(rulesOf([record(`GET ${API}/a/configmaps/x`)], { roundUp: true }));
    expect(spec).toMatchObject({
      rules: [{ verbs: ['get', 'list', 'watch'], resources: ['configmaps'], namespaces: ['a'] }],
    });
    expect(spec).not.toHaveProperty('rules.0.resourceNames');
  });
  test('for a namespace names it once', () => {
    const [spec] = Object.values(
      rulesOf([record('GET /clusters/demo/api/v1/namespaces/a'), record('GET /clusters/demo/api/v1/namespaces/b')]),
    );
    expect(spec).toMatchObject({ rules: [{ verbs: ['get'], resources: ['namespaces'], resourceNames: ['a', 'b'] }] });
  });
});

/** A generator of numbers that gives the same ones each time (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

test('suggestions for people allow all that was used and nothing else, whatever was used', () => {
  const lines = ['', 'namespaces/a/', 'namespaces/b/'].flatMap((place) =>
    ['api/v1', 'apis/apps/v1'].flatMap((base) =>
      ['configmaps', 'widgets'].flatMap((resource) => [
        `POST /clusters/demo/${base}/${place}${resource}`,
        `DELETE /clusters/demo/${base}/${place}${resource}`,
        ...['x', 'y', 'z/scale', 'z/status'].flatMap((name) => [
          `GET /clusters/demo/${base}/${place}${resource}/${name}`,
          `PUT /clusters/demo/${base}/${place}${resource}/${name}`,
        ]),
      ]),
    ),
  );
  const below = seeded(20260101);
  const people = ['ann', 'bob'];
  for (let round = 0; round < 25; round++) {
    const share = 2 + below(20);
    const used = new Set(
      people.flatMap((who) => lines.filter(() => below(share) === 0).map((line) => `${who} ${line}`)),
    );
    const records = [...used].map((entry) => record(entry.slice(4), by(entry.slice(0, 3), 'dev')));
    const { suggestions, notCovered } = suggest(records, { perPerson: true });
    expect(notCovered).toEqual([]);
    const policy = compilePolicy(accessRulesOf(suggestions.map(({ object }) => object)));
    for (const who of people) {
      const identity = supposeIdentity({ issuer: 'demo', username: `demo:${who}`, groups: ['dev'] });
      for (const line of lines) {
        const [method = '', target = ''] = line.split(' ');
        const parsed = parseRequest(method, target.replace('/clusters/demo', ''));
        if (!parsed.ok) throw new Error(parsed.message);
        const { allowed } = decide(policy, identity, 'demo', parsed.request, {
          upgrade: false,
          sourceAddress: '',
          nowMs: NOW,
        });
        const anywhere = line.replace(/namespaces\/[ab]\//, '');
        const expected = used.has(`${who} ${line}`) || used.has(`${who} ${anywhere}`);
        expect([who, line, allowed]).toEqual([who, line, expected]);
      }
    }
  }
});
