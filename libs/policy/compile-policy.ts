import { GatehouseError } from '#errors';
import type { Identity } from '#model';
import type { AccessRuleInput, Rule, Subject } from './access-rule.ts';
import { getOrAdd } from './found-rules.ts';
import { RuleSet } from './rule-set.ts';

/** The virtual cluster of the gateway's own objects: no wildcard ever matches it. */
export const GATEWAY_CLUSTER = 'gatehouse';

/** What one subject may on one cluster. */
export interface SubjectRules {
  allow?: RuleSet;
  deny?: RuleSet;
  reportAllow?: RuleSet;
  reportDeny?: RuleSet;
}

interface IssuerRules {
  readonly everybody: SubjectRules;
  readonly users: Map<string, SubjectRules>;
  readonly groups: Map<string, SubjectRules>;
  /** Subjects that name both: user → group → rules. */
  readonly usersInGroups: Map<string, Map<string, SubjectRules>>;
}

type ClusterRules = Map<string, IssuerRules>;

/** Compiled rules; immutable. Made by `compilePolicy`, read by `decide`. */
export interface CompiledPolicy {
  /** The rules by rank: sorted by name. */
  readonly rules: readonly AccessRuleInput[];
  readonly clusters: ReadonlyMap<string, ReadonlyMap<string, IssuerRules>>;
}

/**
 * Compiles rules into an index by cluster, issuer and subject.
 * @throws GatehouseError `invalid` where a path pattern is malformed, or where a Deny could never match: a Deny that
 *   does not compile must fail the whole change, never just itself.
 */
export function compilePolicy(rules: readonly AccessRuleInput[]): CompiledPolicy {
  const sorted = rules.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const clusters = new Map<string, ClusterRules>();
  for (const [rank, input] of sorted.entries()) {
    if (input.effect === 'Deny') input.rules.forEach((rule) => checkDeny(input.name, rule));
    for (const cluster of input.clusters) {
      const issuers = getOrAdd(clusters, cluster, () => new Map<string, IssuerRules>());
      for (const subject of input.subjects) {
        const set = ruleSetOf(rulesOf(getOrAdd(issuers, subject.issuer, newIssuerRules), subject), input);
        for (const rule of input.rules) set.add(rank, rule);
      }
    }
  }
  return { rules: sorted, clusters };
}

const newIssuerRules = (): IssuerRules => ({
  everybody: {},
  users: new Map(),
  groups: new Map(),
  usersInGroups: new Map(),
});

function rulesOf(issuer: IssuerRules, { user, group }: Subject): SubjectRules {
  if (user !== undefined && group !== undefined)
    return getOrAdd(
      getOrAdd(issuer.usersInGroups, user, () => new Map()),
      group,
      () => ({}),
    );
  if (user !== undefined) return getOrAdd(issuer.users, user, () => ({}));
  return group !== undefined ? getOrAdd(issuer.groups, group, () => ({})) : issuer.everybody;
}

function ruleSetOf(rules: SubjectRules, { effect, mode }: AccessRuleInput): RuleSet {
  if (mode === 'Report')
    return effect === 'Deny' ? (rules.reportDeny ??= new RuleSet()) : (rules.reportAllow ??= new RuleSet());
  return effect === 'Deny' ? (rules.deny ??= new RuleSet()) : (rules.allow ??= new RuleSet());
}

function checkDeny(name: string, rule: Rule): void {
  const has = (words: readonly string[] | undefined): boolean => words !== undefined && words.length > 0;
  const resources =
    has(rule.resources) &&
    has(rule.apiGroups) &&
    has(rule.verbs) &&
    (rule.namespaces === undefined || has(rule.namespaces));
  const urls = has(rule.nonResourceURLs) && has(rule.verbs);
  const paths = has(rule.paths) && has(rule.methods);
  if (resources || urls || paths) return;
  throw new GatehouseError('invalid', `access rule ${JSON.stringify(name)} holds a Deny that could never match`);
}

/** The rules that apply to a person on a cluster: at most four look-ups, and one or two a group. */
export function rulesFor(policy: CompiledPolicy, identity: Identity, cluster: string): SubjectRules[] {
  const found: SubjectRules[] = [];
  addRules(policy.clusters.get(cluster)?.get(identity.issuer), identity, found);
  if (cluster !== GATEWAY_CLUSTER) addRules(policy.clusters.get('*')?.get(identity.issuer), identity, found);
  return found;
}

function addRules(issuer: IssuerRules | undefined, { username, groups }: Identity, found: SubjectRules[]): void {
  if (issuer === undefined) return;
  found.push(issuer.everybody);
  const user = issuer.users.get(username);
  if (user !== undefined) found.push(user);
  const both = issuer.usersInGroups.get(username);
  for (const group of groups) {
    const ofGroup = issuer.groups.get(group);
    if (ofGroup !== undefined) found.push(ofGroup);
    const ofBoth = both?.get(group);
    if (ofBoth !== undefined) found.push(ofBoth);
  }
}
