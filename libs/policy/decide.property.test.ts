import { describe, expect, it } from 'vitest';
import { parseRequest } from '#kube';
import type { AccessRuleInput, Rule, Subject } from './access-rule.ts';
import { compilePolicy } from './compile-policy.ts';
import { decide } from './decide.ts';
import { naiveDecide } from './testdata/naive-decide.ts';
import { ordinary, person } from './testdata/people.ts';

/** mulberry32 */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = seededRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const some = <T>(list: readonly T[], most = 2): T[] =>
  Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(list));
const maybe = <T>(chance: number, make: () => T): T | undefined => (random() < chance ? make() : undefined);

const VERBS = [
  '*',
  '*',
  '*',
  'get',
  'get',
  'list',
  'watch',
  'create',
  'delete',
  'update',
  '*',
  '*',
  'post',
  'head',
  'deletecollection',
];
const RESOURCES = [
  'pods',
  'pods/exec',
  'pods/log',
  'pods/*',
  'services/proxy',
  'nodes/proxy',
  'pods/proxy',
  '*/proxy',
  '*/log',
  '*/exec',
  '*',
  '*',
  'secrets',
  'nodes',
  'namespaces',
  'pods/eviction',
  'services',
  'clusterroles',
];
const NAMES = ['web', 'web:80', 'http:web:80', 'web:http', 'x', 'n1', 'a'];
const PATHS = [
  '/**',
  '/api/v1/namespaces/a/**',
  '/api/v1/namespaces/*/pods/*/exec',
  '/api/v1/namespaces/*/pods/*/*',
  '/api/v1/namespaces/*/services/web/proxy/**',
  '/api/v1/namespaces/a/pods',
  '/healthz',
  '/logs/**',
  '/logs/*',
  '/api/v1/namespaces/a/secrets/**',
  '/api/v1/namespaces/*/services/*/proxy/admin/**',
  '/apis/k.io/v1/namespaces/a/vms/vm/console',
  '/',
  '/api/v1/pods/',
  '/api/v1/namespaces/*/pods/*/eviction',
];
const REQUESTS = [
  '/',
  '/healthz',
  '/healthz/',
  '/logs/x',
  '/logs/',
  '/logs/x/y',
  '/api',
  '/apis/apps',
  '/api/v1/pods',
  '/api/v1/pods/',
  '/api/v1/pods?watch=1',
  '/api/v1/secrets?fieldSelector=metadata.name=x',
  '/api/v1/nodes',
  '/api/v1/nodes/n1',
  '/api/v1/namespaces',
  '/api/v1/namespaces/a',
  '/api/v1/namespaces/a/status',
  '/api/v1/namespaces/a/pods',
  '/api/v1/namespaces/b/pods',
  '/api/v1/namespaces/a/pods/web',
  '/api/v1/namespaces/a/pods/web/exec',
  '/api/v1/namespaces/a/pods/web/log',
  '/api/v1/namespaces/a/pods/web/attach',
  '/api/v1/namespaces/a/pods/web/eviction',
  '/api/v1/namespaces/a/pods/web/%65xec',
  '/api/v1/namespaces/a/%73ecrets/x',
  '/api/v1/namespaces/a/secrets/x',
  '/api/v1/namespaces/a/secrets',
  '/api/v1/namespaces/a/services/web/proxy',
  '/api/v1/namespaces/a/services/web/proxy/',
  '/api/v1/namespaces/a/services/web:80/proxy/admin/x',
  '/api/v1/namespaces/a/services/http:web:80/proxy//admin//x',
  '/api/v1/namespaces/a/services/https:web:/proxy/admin%2Fx',
  '/api/v1/namespaces/a/services/web:http/proxy/x',
  '/api/v1/namespaces/a/services/:web:81/proxy/x',
  '/api/v1/namespaces/a/services/web:81/proxy/x/',
  '/api/v1/namespaces/a/pods/web:80/proxy/x',
  '/api/v1/nodes/n1/proxy/exec/a',
  '/api/v1/nodes/n1:10250/proxy/',
  '/apis/k.io/v1/namespaces/a/vms/vm/console',
  '/apis/k.io/v1/namespaces/a/vms/vm/proxy',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/api/v1/namespaces/a/*/web/proxy',
  '/api/v1/*',
];

function randomRule(): Rule {
  const kind = random();
  if (kind < 0.65) {
    return {
      verbs: some(VERBS, 3),
      apiGroups: some(['', '', '*', 'k.io', 'rbac.authorization.k8s.io']),
      resources: some(RESOURCES, 3),
      resourceNames: maybe(0.35, () => some(NAMES)),
      namespaces: maybe(0.5, () => some(['a', 'a', 'b', '*'])),
    };
  }
  if (kind < 0.8)
    return {
      verbs: some(VERBS),
      nonResourceURLs: some(['*', '/healthz', '/logs/*', '/logs', '/api*', '/apis/**', '/']),
    };
  return { methods: some(['GET', 'POST', 'DELETE', '*', 'HEAD']), paths: some(PATHS) };
}

function randomSubject(): Subject {
  const issuer = pick(['demo', 'demo', 'demo', 'demo', 'other']);
  if (random() < 0.4) return { issuer };
  return pick<() => Subject>([
    () => ({ issuer }),
    () => ({ issuer, user: pick(['alice', 'bob']) }),
    () => ({ issuer, group: pick(['dev', 'ops']) }),
    () => ({ issuer, user: pick(['alice', 'bob']), group: pick(['dev', 'ops']) }),
  ])();
}

function randomRules(): AccessRuleInput[] {
  return Array.from({ length: 1 + Math.floor(random() * 12) }, (_, i) => ({
    name: `${pick(['a', 'b', 'c'])}-${i}`,
    subjects: some([0, 0]).map(randomSubject),
    clusters: some(['demo', 'demo', '*', 'gatehouse']),
    effect: random() < 0.25 ? ('Deny' as const) : ('Allow' as const),
    mode: random() < 0.2 ? ('Report' as const) : ('Enforce' as const),
    rules: some([0, 0], 3).map(randomRule),
  }));
}

describe('the compiled policy', () => {
  it('decides, names and reports as plain loops over all rules do', () => {
    const disagreements: unknown[] = [];
    let allowed = 0;
    let denied = 0;
    let reported = 0;
    for (let round = 0; round < 1_500; round++) {
      const rules = randomRules();
      const policy = compilePolicy(rules);
      for (let n = 0; n < 12; n++) {
        const identity = person(
          pick(['alice', 'bob', 'eve']),
          pick([[], ['dev'], ['ops', 'dev'], ['none']]),
          pick(['demo', 'demo', 'demo', 'other']),
        );
        const cluster = pick(['demo', 'demo', 'demo', 'prod', 'gatehouse']);
        const parsed = parseRequest(pick(['GET', 'GET', 'GET', 'POST', 'DELETE', 'HEAD', 'PUT']), pick(REQUESTS));
        if (!parsed.ok) throw new Error(parsed.message);
        const upgrade = random() < 0.2;
        const decision = decide(policy, identity, cluster, parsed.request, { ...ordinary, upgrade });
        const got = {
          allowed: decision.allowed,
          rule: decision.rule,
          reported: decision.reported.map((r) => `${r.rule} ${r.effect}`),
        };
        const want = naiveDecide(rules, identity, cluster, parsed.request, upgrade);
        if (JSON.stringify(got) !== JSON.stringify(want))
          disagreements.push({
            got,
            want,
            target: parsed.request.target,
            method: parsed.request.method,
            identity,
            cluster,
            upgrade,
            rules,
          });
        if (decision.allowed) allowed++;
        else if (decision.rule !== undefined) denied++;
        if (decision.reported.length > 0) reported++;
      }
    }
    expect(disagreements).toEqual([]);
    // The comparison means nothing where everything is denied by default.
    expect([allowed > 800, denied > 300, reported > 300]).toEqual([true, true, true]);
  });

  it('costs about the same with ten thousand rules as with ten', () => {
    const rulesOf = (count: number): AccessRuleInput[] =>
      Array.from({ length: count }, (_, i) => ({
        name: `rule-${i}`,
        subjects: [{ issuer: 'demo', group: i % 3 === 0 ? 'dev' : `team-${i}` }],
        clusters: [i % 2 === 0 ? 'demo' : '*'],
        effect: i % 10 === 9 ? 'Deny' : 'Allow',
        mode: 'Enforce',
        rules: [
          {
            verbs: ['get', 'list'],
            apiGroups: [''],
            resources: ['pods'],
            namespaces: [`ns-${i}`],
            resourceNames: i % 5 === 0 ? [`pod-${i}`] : undefined,
          },
          { methods: ['GET'], paths: [`/apis/x${i}/**`] },
          { verbs: ['get'], nonResourceURLs: [`/x${i % 50}/*`] },
        ],
      }));
    const parsed = parseRequest('GET', '/api/v1/namespaces/ns-6/pods');
    if (!parsed.ok) throw new Error(parsed.message);
    const identity = person('alice', ['dev', 'ops', 'all']);
    const time = (count: number): number => {
      const policy = compilePolicy(rulesOf(count));
      expect(decide(policy, identity, 'demo', parsed.request, ordinary)).toMatchObject({
        allowed: true,
        rule: 'rule-6',
      });
      let best = Infinity;
      for (let round = 0; round < 15; round++) {
        const started = performance.now();
        for (let i = 0; i < 2_000; i++) decide(policy, identity, 'demo', parsed.request, ordinary);
        best = Math.min(best, performance.now() - started);
      }
      return best;
    };
    time(10);
    const [few, many] = [time(10), time(10_000)];
    // A scan would cost several hundred times as much; the best of many rounds tells them apart on a busy machine too.
    expect(many / few).toBeLessThan(8);
  });
});
