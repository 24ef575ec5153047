import type { AccessRuleSpec, MappingSpec, ResourceObject } from '#resources';
import { actsOfRule } from './acts-of-rule.ts';
import { addActing } from './add-acting.ts';
import { addNamesOfMapping, ImpersonatedNames } from './collect-names.ts';
import { FoundRights } from './found-rights.ts';
import { modeOf, type ImpersonationMode } from './impersonation-mode.ts';
import type { Rights } from './rbac-objects.ts';

export interface NeededRights extends Rights {
  /** What is wider than it looks, or will not work, and what to change. */
  readonly warnings: readonly string[];
}

export interface NeededRightsOptions {
  readonly cluster: string;
  /** The cluster's API server has constrained impersonation. */
  readonly constrained: boolean;
  /** May ask the cluster what its RBAC says of others (SubjectAccessReview). */
  readonly accessReviews: boolean;
}

type Mapping = { readonly name: string; readonly spec: MappingSpec; readonly mode: ImpersonationMode };
type AccessRule = { readonly name: string; readonly spec: AccessRuleSpec };
type Subject = MappingSpec['subjects'][number];

const CONSTRAINED = 'authentication.k8s.io';

/**
 * The least that the gateway's own credential needs in a cluster for today's mappings and access rules: whom it may
 * become, for which requests (only constrained impersonation can say that), and of which service accounts it may ask
 * tokens. Pure; the same objects give the same rights, in the same order.
 */
export function neededRights(objects: readonly ResourceObject[], options: NeededRightsOptions): NeededRights {
  const steps = neededRightsInSteps(objects, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps of well below a millisecond, for a caller that lets others run in between. */
export function* neededRightsInSteps(
  objects: readonly ResourceObject[],
  options: NeededRightsOptions,
): Generator<void, NeededRights> {
  const { cluster, constrained } = options;
  const warnings = new Set<string>();
  const appliesHere = ({ spec }: { readonly spec: { readonly clusters: readonly string[] } }): boolean =>
    spec.clusters.includes(cluster) || spec.clusters.includes('*');
  const allMappings = of<MappingSpec>(objects, 'Mapping');
  const allRules = of<AccessRuleSpec>(objects, 'AccessRule');
  const mappings = allMappings.filter(appliesHere);
  const rules = allRules.filter(appliesHere);
  const found = new FoundRights();
  yield;
  const groups = groupsByIssuer([...allMappings, ...allRules]);
  const impersonating = mappings.flatMap(({ name, spec }): Mapping[] =>
    spec.impersonate ? [{ name, spec, mode: constrained ? modeOf(spec.impersonate) : 'legacy' }] : [],
  );
  for (const [mode, ofMode] of Map.groupBy(impersonating, (mapping) => mapping.mode)) {
    const names = new ImpersonatedNames();
    for (const mapping of ofMode) {
      yield;
      const known = new Set(mapping.spec.subjects.flatMap(({ issuer }) => [...(groups.get(issuer) ?? [])]));
      addNamesOfMapping(names, mapping, mode, known, (warning) => void warnings.add(warning));
      if (constrained && mode === 'legacy')
        warnings.add(
          `mapping "${mapping.name}" sends what constrained impersonation does not take (extra keys without a domain, or an extra or uid of a service account or node); what is done as these is not limited`,
        );
    }
    addImpersonation(names, mode, found);
    if (mode !== 'legacy') yield* addActs(mode, ofMode, rules, found);
  }
  for (const { spec } of mappings)
    if (spec.serviceAccount)
      found.add(
        {
          verbs: ['create'],
          apiGroups: [''],
          resources: ['serviceaccounts/token'],
          resourceNames: [spec.serviceAccount.name],
        },
        spec.serviceAccount.namespace,
      );
  const acting = yield* addActingRights(
    impersonating,
    rules,
    groups,
    constrained,
    found,
    (warning) => void warnings.add(warning),
  );
  if (options.accessReviews || acting)
    found.add({ verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] });
  return { ...(yield* found.tidy()), warnings: [...warnings] };
}

function of<Spec>(objects: readonly ResourceObject[], kind: string): { name: string; spec: Spec }[] {
  return objects
    .filter((object) => object.kind === kind)
    .map((object) => ({ name: object.metadata.name, spec: object.spec as Spec }));
}

/** Every group that anything names, on whatever cluster: people bring all their groups everywhere. */
function groupsByIssuer(
  named: readonly { readonly spec: { readonly subjects: readonly Subject[] } }[],
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { spec } of named)
    for (const { issuer, group } of spec.subjects)
      if (group !== undefined) groups.set(issuer, (groups.get(issuer) ?? new Set()).add(group));
  return groups;
}

function addImpersonation(names: ImpersonatedNames, mode: ImpersonationMode, found: FoundRights): void {
  const add = found.add.bind(found);
  const verbs = [mode === 'legacy' ? 'impersonate' : `impersonate:${mode}`];
  const apiGroups = [mode === 'legacy' ? '' : CONSTRAINED];
  const ofAuthentication = { verbs, apiGroups: [CONSTRAINED] };
  if (!names.users.empty) add({ verbs, apiGroups, resources: ['users'], ...names.users.toResourceNames() });
  if (names.groups.size > 0) add({ verbs, apiGroups, resources: ['groups'], resourceNames: [...names.groups] });
  if (names.nodes.size > 0) add({ verbs, apiGroups, resources: ['nodes'], resourceNames: [...names.nodes] });
  if (!names.uids.empty) add({ ...ofAuthentication, resources: ['uids'], ...names.uids.toResourceNames() });
  // No names at all are not a list of none: to RBAC an empty list is every name.
  for (const [key, values] of names.extras)
    if (!values.empty) add({ ...ofAuthentication, resources: [`userextras/${key}`], ...values.toResourceNames() });
  for (const [namespace, accounts] of names.accounts)
    add({ verbs, apiGroups, resources: ['serviceaccounts'], resourceNames: [...accounts] }, namespace || undefined);
}

/** Whom people may act as (`kubectl --as`), and by whose name. Answers whether anybody may. */
function* addActingRights(
  mappings: readonly Mapping[],
  rules: readonly AccessRule[],
  groups: ReadonlyMap<string, ReadonlySet<string>>,
  constrained: boolean,
  found: FoundRights,
  warn: (warning: string) => void,
): Generator<void, boolean> {
  const people = mappedPeople(mappings);
  const names = { people: new ImpersonatedNames(), accounts: new ImpersonatedNames() };
  const own = new ImpersonatedNames();
  for (const mapping of mappings) addNamesOfMapping(own, mapping, mapping.mode, new Set(), () => {});
  let acting = false;
  for (const { name, spec } of rules) {
    yield;
    if (spec.effect !== 'Allow' || spec.mode !== 'Enforce' || !spec.subjects.some(people)) continue;
    const known = new Set(spec.subjects.flatMap(({ issuer }) => [...(groups.get(issuer) ?? [])]));
    if (addActing(names, { name, rules: spec.rules }, known, own.users, warn)) acting = true;
  }
  addImpersonation(names.people, constrained ? 'user-info' : 'legacy', found);
  addImpersonation(names.accounts, 'legacy', found);
  if (constrained && names.accounts.accounts.size > 0)
    warn(
      'people may act as service accounts, which constrained impersonation does not take along with who they are; what is done as these is not limited',
    );
  return acting;
}

/** What the access rules of these people let through, as what may be done while being them. */
function* addActs(
  mode: ImpersonationMode,
  mappings: readonly Mapping[],
  rules: readonly AccessRule[],
  found: FoundRights,
): Generator<void> {
  const people = mappedPeople(mappings);
  for (const { spec } of rules) {
    yield;
    if (spec.effect !== 'Allow' || spec.mode !== 'Enforce' || !spec.subjects.some(people)) continue;
    for (const { namespaces, rule } of spec.rules.flatMap(actsOfRule)) {
      const on = { ...rule, verbs: rule.verbs.map((verb) => `impersonate-on:${mode}:${verb}`) };
      if (!namespaces) found.add(on);
      else for (const namespace of namespaces) found.add(on, namespace);
    }
  }
}

/** Whether a subject may mean somebody who is mapped: two different users are never one, everything else may be. */
function mappedPeople(mappings: readonly Mapping[]): (subject: Subject) => boolean {
  const issuers = new Map<string, { anybody: boolean; readonly users: Set<string> }>();
  for (const { issuer, user } of mappings.flatMap(({ spec }) => spec.subjects)) {
    const people = issuers.get(issuer) ?? { anybody: false, users: new Set() };
    issuers.set(issuer, people);
    if (user === undefined) people.anybody = true;
    else people.users.add(user);
  }
  return ({ issuer, user }) => {
    const people = issuers.get(issuer);
    return people !== undefined && (people.anybody || user === undefined || people.users.has(user));
  };
}
