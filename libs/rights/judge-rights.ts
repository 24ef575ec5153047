import { covers, piecesOf } from './covers.ts';
import { describeRule } from './describe-rule.ts';
import type { PolicyRule, Rights } from './rbac-objects.ts';
import { tidyRules } from './tidy-rules.ts';

/** What a credential may do, as SelfSubjectRulesReview says it for each namespace that was asked about. */
export type HeldRights = ReadonlyMap<string, readonly PolicyRule[]>;

/** A right, and in which of the namespaces that were asked about; in all of them: everywhere. */
export interface JudgedRule {
  readonly rule: PolicyRule;
  readonly namespaces: readonly string[];
  readonly everywhere: boolean;
}

export interface JudgedRights {
  /** Needed and not held. */
  readonly missing: readonly JudgedRule[];
  /** Held and not needed. */
  readonly excess: readonly JudgedRule[];
}

const PUBLIC_URLS =
  `/ /api /api/* /apis /apis/* /openapi /openapi/* /version /version/ /healthz /healthz/* /livez /livez/*
  /readyz /readyz/* /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks
  /openid/v1/jwks/`.split(/\s+/);

/** What everybody who is authenticated has (system:basic-user, system:discovery and their like), and nobody gains by. */
const EVERYBODYS: readonly PolicyRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['certificates.k8s.io'], resources: ['clustertrustbundles'] },
  // Asks what others may do, and gives nothing; `gatehouse rbac --access-reviews` grants it.
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] },
  {
    verbs: ['get', 'head'],
    nonResourceURLs: PUBLIC_URLS,
  },
];

/** Compares piece by piece, so that rights may be cut into rules in any way. */
export function judgeRights(needed: Rights, held: HeldRights): JudgedRights {
  const missing = new Map<string, PolicyRule[]>();
  const excess = new Map<string, PolicyRule[]>();
  for (const [namespace, rules] of held) {
    const inNamespace = needed.inNamespaces.get(namespace) ?? [];
    const wanted = [...needed.everywhere, ...inNamespace];
    const lacking = wanted.flatMap((rule) => uncovered(rule, rules));
    const surplus = rules.flatMap((rule) => uncovered(rule, [...wanted, ...EVERYBODYS]));
    if (lacking.length > 0) missing.set(namespace, lacking);
    if (surplus.length > 0) excess.set(namespace, surplus);
  }
  return { missing: gather(missing, held.size), excess: gather(excess, held.size) };
}

const uncovered = (rule: PolicyRule, by: readonly PolicyRule[]): PolicyRule[] =>
  by.some((other) => covers(other, rule))
    ? []
    : [...piecesOf(rule)].filter((piece) => !by.some((other) => covers(other, piece)));

/** What is so in every namespace is said once. */
function gather(found: ReadonlyMap<string, readonly PolicyRule[]>, asked: number): JudgedRule[] {
  const places = new Map<string, { readonly rule: PolicyRule; readonly namespaces: string[] }>();
  for (const [namespace, rules] of found)
    for (const rule of tidyRules(rules)) {
      const key = JSON.stringify(rule);
      const place = places.get(key);
      if (place) place.namespaces.push(namespace);
      else places.set(key, { rule, namespaces: [namespace] });
    }
  return [...places.values()].map((place) => ({ ...place, everywhere: place.namespaces.length === asked }));
}

/** In one line. */
export function describeJudged({ rule, namespaces, everywhere }: JudgedRule): string {
  const where = everywhere ? '' : ` in ${namespaces.map((name) => JSON.stringify(name)).join(', ')}`;
  return describeRule(rule) + where;
}

/**
 * What to ask about one by one where the rules are not the whole truth (another authorizer than RBAC may allow more):
 * whoever may do one of these may become anybody, or read what everybody keeps secret.
 */
export const TELLING_RIGHTS: readonly PolicyRule[] = [
  { verbs: ['list'], apiGroups: [''], resources: ['secrets'] },
  { verbs: ['create'], apiGroups: [''], resources: ['pods'] },
  { verbs: ['create'], apiGroups: [''], resources: ['serviceaccounts/token'] },
  { verbs: ['impersonate'], apiGroups: [''], resources: ['groups'], resourceNames: ['system:masters'] },
  { verbs: ['escalate'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'] },
];
