import type { MappingSpec } from '#resources';
import { readServiceAccount, type ImpersonationMode } from './impersonation-mode.ts';
import { NameSet } from './name-set.ts';

type Impersonate = NonNullable<MappingSpec['impersonate']>;
type Source = NonNullable<Impersonate['groups']>[number];

/** Whom the gateway must be able to become, by one mode. */
export class ImpersonatedNames {
  readonly users = new NameSet();
  /** Never all of them. */
  readonly groups = new Set<string>();
  readonly uids = new NameSet();
  /** By key. */
  readonly extras = new Map<string, NameSet>();
  /** By namespace; '' for any. */
  readonly accounts = new Map<string, Set<string>>();
  readonly nodes = new Set<string>();

  addUser(name: string, mode: ImpersonationMode): void {
    const account = readServiceAccount(name);
    if (account) this.addAccount(account.name, account.namespace);
    else if (mode === 'arbitrary-node') this.nodes.add(name.slice('system:node:'.length));
    else this.users.add(name);
  }

  addAccount(name: string, namespace = ''): void {
    this.accounts.set(namespace, (this.accounts.get(namespace) ?? new Set()).add(name));
  }

  extra(key: string): NameSet {
    let values = this.extras.get(key);
    if (!values) this.extras.set(key, (values = new NameSet()));
    return values;
  }
}

/**
 * Adds the names that a mapping can give.
 * @param knownGroups groups of its issuers that any mapping or access rule names: others give nobody anything here.
 */
export function addNamesOfMapping(
  names: ImpersonatedNames,
  mapping: { readonly name: string; readonly spec: MappingSpec },
  mode: ImpersonationMode,
  knownGroups: ReadonlySet<string>,
  warn: (warning: string) => void,
): void {
  const { name, spec } = mapping;
  const { user, groups = [], uid, extra = [] } = spec.impersonate as Impersonate;
  const users = spec.subjects.map((subject) => subject.user);
  const prefix = user.prefix ?? '';
  if (user.value !== undefined) names.addUser(user.value, mode);
  else if (user.from === 'username' && users.every((subject) => subject !== undefined))
    for (const subject of users) names.addUser(prefix + subject, mode);
  else {
    names.users.addAll();
    warn(
      `mapping "${name}" does not list its users, so the credential may become any user, those of the cluster itself (system:…) included; name the users in its subjects to list them`,
    );
  }
  for (const source of groups) {
    const { given, unknown } = groupsOf(source, knownGroups);
    for (const group of given) {
      if (group === 'system:masters')
        warn(`mapping "${name}" gives system:masters, which the credential is never given`);
      else names.groups.add(group);
    }
    if (unknown) warn(`mapping "${name}": ${unknown}`);
  }
  addValue(names.uids, uid);
  for (const { key, value } of extra) addValue(names.extra(key), value);
}

function addValue(names: NameSet, source: Source | undefined): void {
  if (source === undefined) return;
  if (source.value === undefined) names.addAll();
  else names.add(source.value);
}

/** Groups by name, always: whoever may become any group may become system:masters. */
function groupsOf(
  { value, from, prefix = '', only }: Source,
  knownGroups: ReadonlySet<string>,
): { given: readonly string[]; unknown?: string } {
  if (value !== undefined) return { given: [value] };
  const whole = (only ?? []).filter((entry) => !entry.endsWith('*'));
  if (only && whole.length === only.length) return { given: whole };
  if (from !== 'groups')
    return {
      given: whole,
      unknown: 'whole names of groups that come from a claim cannot be known; list them in `only`',
    };
  const prefixes = only?.filter((entry) => entry.endsWith('*')).map((entry) => entry.slice(0, -1)) ?? [''];
  const known = [...knownGroups].map((group) => prefix + group);
  return {
    given: [...whole, ...known.filter((group) => prefixes.some((start) => group.startsWith(start)))],
    unknown:
      'the cluster refuses people with groups that no mapping or access rule names; list in `only` those that may go there',
  };
}
