import { GatehouseError } from '#errors';
import type { AccessRuleInput, Rule } from './access-rule.ts';
import { compileConditions, type CompiledConditions } from './conditions.ts';
import { getOrAdd } from './found-rules.ts';
import { listAdmins } from './list-admins.ts';
import { RuleSet } from './rule-set.ts';
import { runSteps } from './run-steps.ts';
import { GATEWAY_CLUSTER, newIssuerRules, rulesOf, type IssuerRules, type SubjectRules } from './subject-rules.ts';

type ClusterRules = Map<string, IssuerRules>;

/** Compiled rules; immutable. Made by `compilePolicy`, read by `decide`. */
export interface CompiledPolicy {
  /** The rules by rank: by name, those that are for learning after all others. */
  readonly rules: readonly AccessRuleInput[];
  /** By rank. */
  readonly conditions: readonly (CompiledConditions | undefined)[];
  readonly hasConditions: boolean;
  readonly clusters: ReadonlyMap<string, ReadonlyMap<string, IssuerRules>>;
  /** Who may change access rules, in words for the denied. */
  readonly admins: readonly string[];
}

/**
 * Compiles rules into an index by cluster, issuer and subject.
 * @throws GatehouseError `invalid` where a path pattern or a condition is malformed, or where a Deny could never match
 *   or would end by itself: a Deny that does not compile must fail the whole change, never just itself.
 */
export const compilePolicy = (rules: readonly AccessRuleInput[]): CompiledPolicy =>
  runSteps(compilePolicyInSteps(rules));

/** The same in steps of some microseconds, for a caller that lets others run in between. */
export function* compilePolicyInSteps(rules: readonly AccessRuleInput[]): Generator<void, CompiledPolicy> {
  const sorted = rules.toSorted(
    (a, b) =>
      Number(a.learning ?? false) - Number(b.learning ?? false) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const clusters = new Map<string, ClusterRules>();
  const conditions: (CompiledConditions | undefined)[] = [];
  for (const [rank, input] of sorted.entries()) {
    if (input.effect === 'Deny') input.rules.forEach((rule) => checkDeny(input.name, rule));
    conditions.push(compileConditions(input));
    for (const cluster of input.clusters) {
      const issuers = getOrAdd(clusters, cluster, () => new Map<string, IssuerRules>());
      for (const subject of input.subjects) {
        yield;
        const set = ruleSetOf(rulesOf(getOrAdd(issuers, subject.issuer, newIssuerRules), subject), input);
        for (const rule of input.rules) yield* set.add(rank, rule);
      }
    }
  }
  const compiled = {
    rules: sorted,
    conditions,
    hasConditions: conditions.some((entry) => entry !== undefined),
    clusters,
  };
  return { ...compiled, admins: yield* listAdmins(clusters.get(GATEWAY_CLUSTER)) };
}

function ruleSetOf(rules: SubjectRules, { effect, mode }: AccessRuleInput): RuleSet {
  if (mode === 'Report')
    return effect === 'Deny' ? (rules.reportDeny ??= new RuleSet(effect)) : (rules.reportAllow ??= new RuleSet(effect));
  return effect === 'Deny' ? (rules.deny ??= new RuleSet(effect)) : (rules.allow ??= new RuleSet(effect));
}

function checkDeny(name: string, rule: Rule): void {
  const has = (words: readonly string[] | undefined): boolean => words !== undefined && words.length > 0;
  const resources =
    has(rule.resources) &&
    has(rule.apiGroups) &&
    has(rule.verbs) &&
    (rule.namespaces === undefined || has(rule.namespaces));
  const urls = has(rule.nonResourceURLs) && has(rule.verbs);
  const paths = (has(rule.paths) || has(rule.pathRegexes)) && has(rule.methods);
  if (resources || urls || paths) return;
  throw new GatehouseError('invalid', `access rule ${JSON.stringify(name)} holds a Deny that could never match`);
}
