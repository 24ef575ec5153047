import { parseRequest } from '#kube';
import type { Identity, RequestInfo } from '#model';
import type { AccessRuleInput, Conditions, Rule, Subject } from '../access-rule.ts';
import type { DecisionContext } from '../decision-context.ts';
import { NOW_MS, person } from './people.ts';

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

export const random = seededRandom(7);
export const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
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
  'proxy',
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
  'targets',
];
const NAMES = ['web', 'web:80', 'web:+080', 'http:web:80', 'web:http', 'x', 'n1', 'a'];
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
  '/api/**/exec',
  '/**/pods/**',
  '/api/v1/**/w*/**',
  '/api/*/names*/a/pods/w*b/*x*',
  '/**/proxy/**/x',
  '/l*s/**',
  '/**/*',
  '/apis/k.io/v1/proxy/**',
];
const REGEXES = [
  '/api/v1/namespaces/[ab]/.*',
  '/logs(/.*)?',
  '/healthz',
  '.*/exec',
  '/api/v1/(pods|secrets)',
  '.*proxy.*',
  '/.*',
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
  '/api/v1/namespaces/a/services/web/proxy/admin;a=b/x',
  '/api/v1/namespaces/a/services/web/proxy/ADMIN\\x/',
  '/api/v1/namespaces/a/services/web/proxy/;/admin.%5cx',
  '/api/v1/namespaces/a/services/web:http/proxy/x',
  '/api/v1/namespaces/a/services/:web:81/proxy/x',
  '/api/v1/namespaces/a/services/web:81/proxy/x/',
  '/api/v1/namespaces/a/services/web:080/proxy/x',
  '/api/v1/namespaces/a/services/http:web:+80/proxy/x',
  '/api/v1/namespaces/a/pods/web:0080/proxy/x',
  '/api/v1/namespaces/a/pods/web:80/proxy/x',
  '/api/v1/nodes/n1/proxy/exec/a',
  '/api/v1/nodes/n1:10250/proxy/',
  '/apis/k.io/v1/namespaces/a/vms/vm/console',
  '/apis/k.io/v1/namespaces/a/vms/vm/proxy',
  '/apis/k.io/v1/proxy/namespaces/a/targets/x',
  '/apis/k.io/v1/proxy/namespaces/a/targets/x/exec',
  '/apis/k.io/v1/proxy/targets',
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
  const methods = some(['GET', 'POST', 'DELETE', '*', 'HEAD', 'OPTIONS']);
  return random() < 0.3 ? { methods, pathRegexes: some(REGEXES) } : { methods, paths: some(PATHS) };
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

export function randomRules(): AccessRuleInput[] {
  return Array.from({ length: 1 + Math.floor(random() * 12) }, (_, i) => ({
    name: `${pick(['a', 'b', 'c'])}-${i}`,
    subjects: some([0, 0]).map(randomSubject),
    clusters: some(['demo', 'demo', '*', 'gatehouse']),
    effect: random() < 0.25 ? ('Deny' as const) : ('Allow' as const),
    mode: random() < 0.2 ? ('Report' as const) : ('Enforce' as const),
    rules: some([0, 0], 3).map(randomRule),
  })).map((rule) => ({
    ...rule,
    learning: rule.effect === 'Allow' && random() < 0.1,
    conditions: maybe(0.3, () => randomConditions(rule.effect === 'Deny')),
  }));
}

const TIMES = ['2025-06-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T05:30:00+05:30', '2026-06-01T00:00:00.5Z'];

/** Half of them hold for half of the people. */
function randomConditions(deny: boolean): Conditions {
  return {
    sourceAddresses: maybe(0.3, () => some(['10.0.0.0/8', '192.0.2.0/24', '192.0.2.1', '203.0.113.0/24'])),
    notBefore: maybe(0.3, () => pick(TIMES)),
    ...(deny
      ? {}
      : {
          notAfter: maybe(0.2, () => pick(TIMES)),
          maxAuthenticationAgeSeconds: maybe(0.4, () => pick([60, 3600])),
          acrValues: maybe(0.3, () => some(['mfa', 'pwd'])),
        }),
  };
}

/** Somebody who asks for something from somewhere at some time. */
export function randomAsk(): {
  identity: Identity;
  cluster: string;
  request: RequestInfo;
  context: DecisionContext;
} {
  const nowMs = pick([NOW_MS, NOW_MS, NOW_MS - 1, NOW_MS + 86_400_000]);
  const identity = person(
    pick(['alice', 'bob', 'eve']),
    pick([[], ['dev'], ['ops', 'dev'], ['none']]),
    pick(['demo', 'demo', 'demo', 'other']),
    {
      authenticatedAtSeconds: pick([
        undefined,
        nowMs / 1000 - 30,
        nowMs / 1000 - 60,
        nowMs / 1000 - 600,
        nowMs / 1000 + 61,
      ]),
      acr: pick([undefined, 'mfa', 'pwd', '']),
    },
  );
  const target = pick(REQUESTS);
  const methods = ['GET', 'GET', 'GET', 'POST', 'DELETE', 'HEAD', 'PUT'];
  const options = parseRequest('OPTIONS', target);
  const parsed = options.ok && random() < 0.15 ? options : parseRequest(pick(methods), target);
  if (!parsed.ok) throw new Error(parsed.message);
  return {
    identity,
    cluster: pick(['demo', 'demo', 'demo', 'prod', 'gatehouse']),
    request: parsed.request,
    context: { upgrade: random() < 0.2, sourceAddress: pick(['192.0.2.1', '10.1.2.3', '203.0.113.9']), nowMs },
  };
}
