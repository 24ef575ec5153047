import type { Identity } from '#model';
import type { Subject } from './access-rule.ts';
import { getOrAdd } from './found-rules.ts';
import type { RuleSet } from './rule-set.ts';

/** The virtual cluster of the gateway's own objects: no wildcard ever matches it. */
export const GATEWAY_CLUSTER = 'gatehouse';

/** What one subject may on one cluster. */
export interface SubjectRules {
  allow?: RuleSet;
  deny?: RuleSet;
  reportAllow?: RuleSet;
  reportDeny?: RuleSet;
}

export interface IssuerRules {
  readonly everybody: SubjectRules;
  readonly users: Map<string, SubjectRules>;
  readonly groups: Map<string, SubjectRules>;
  /** Subjects that name both: user → group → rules. */
  readonly usersInGroups: Map<string, Map<string, SubjectRules>>;
}

export const newIssuerRules = (): IssuerRules => ({
  everybody: {},
  users: new Map(),
  groups: new Map(),
  usersInGroups: new Map(),
});

/** The place of a subject, made where it is missing. */
export function rulesOf(issuer: IssuerRules, { user, group }: Subject): SubjectRules {
  if (user !== undefined && group !== undefined)
    return getOrAdd(
      getOrAdd(issuer.usersInGroups, user, () => new Map()),
      group,
      () => ({}),
    );
  if (user !== undefined) return getOrAdd(issuer.users, user, () => ({}));
  return group !== undefined ? getOrAdd(issuer.groups, group, () => ({})) : issuer.everybody;
}

/** The rules that apply to a person on a cluster: at most four look-ups, and one or two a group. */
export function rulesFor(
  clusters: ReadonlyMap<string, ReadonlyMap<string, IssuerRules>>,
  identity: Identity,
  cluster: string,
): SubjectRules[] {
  const found: SubjectRules[] = [];
  addRules(clusters.get(cluster)?.get(identity.issuer), identity, found);
  if (cluster !== GATEWAY_CLUSTER) addRules(clusters.get('*')?.get(identity.issuer), identity, found);
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
