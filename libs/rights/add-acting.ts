import type { AccessRuleSpec } from '#resources';
import { ORIGINAL_USER_KEY } from '#kube';
import type { ImpersonatedNames } from './collect-names.ts';
import { isDomainPrefixed } from './impersonation-mode.ts';
import type { NameSet } from './name-set.ts';

type Rule = AccessRuleSpec['rules'][number];

export interface ActingNames {
  /** By the mode for people. */
  readonly people: ImpersonatedNames;
  /** By the old verb: who acts as a service account is named in an extra, which constrained impersonation does not take. */
  readonly accounts: ImpersonatedNames;
}

/**
 * Adds whom people may act as (`kubectl --as`) by the rules with the verb `impersonate`, and the extra that says who
 * they are.
 * @param originals as whom the cluster knows the people who act.
 * @returns whether any rule gives it.
 */
export function addActing(
  names: ActingNames,
  rule: { readonly name: string; readonly rules: readonly Rule[] },
  knownGroups: ReadonlySet<string>,
  originals: NameSet,
  warn: (warning: string) => void,
): boolean {
  let found = false;
  for (const { verbs = [], resources = [], resourceNames, namespaces } of rule.rules) {
    if (!verbs.includes('impersonate')) continue;
    found = true;
    for (const resource of resources) {
      if (resource === 'users') addOr(names.people.users, resourceNames, () => warnOpen(rule.name, warn));
      else if (resource === 'groups') addGroups(names.people, rule.name, resourceNames, knownGroups, warn);
      else if (resource === 'uids') addOr(names.people.uids, resourceNames);
      else if (resource === 'serviceaccounts') {
        for (const name of resourceNames ?? [])
          for (const namespace of namespaces ?? [undefined]) names.accounts.addAccount(name, namespace);
        names.accounts.extra(ORIGINAL_USER_KEY).addFrom(originals);
      } else addExtra(names.people, rule.name, resource.slice('userextras/'.length), resourceNames, warn);
    }
    if (resources.includes('users')) names.people.extra(ORIGINAL_USER_KEY).addFrom(originals);
  }
  return found;
}

function addOr(set: NameSet, names: readonly string[] | undefined, open?: () => void): void {
  if (names) for (const name of names) set.add(name);
  else {
    set.addAll();
    open?.();
  }
}

const warnOpen = (rule: string, warn: (warning: string) => void): void =>
  warn(
    `access rule "${rule}" lets people act as any user, so the credential may become any, those of the cluster itself (system:…) included; name them in resourceNames`,
  );

function addGroups(
  people: ImpersonatedNames,
  rule: string,
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
  warn: (warning: string) => void,
): void {
  for (const name of names ?? known) people.groups.add(name);
  if (!names)
    warn(
      `access rule "${rule}" lets people act as any group; the cluster refuses those that no mapping or access rule names`,
    );
}

function addExtra(
  people: ImpersonatedNames,
  rule: string,
  key: string,
  names: readonly string[] | undefined,
  warn: (warning: string) => void,
): void {
  if (isDomainPrefixed(key)) return addOr(people.extra(key), names);
  warn(`access rule "${rule}" gives the extra "${key}", which has no domain; constrained impersonation refuses it`);
}
