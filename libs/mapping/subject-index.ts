import type { CompiledExpression } from '#cel';
import type { Identity } from '#model';
import type { Subject } from './mapping-input.ts';

/** A mapping that speaks for a subject if its condition holds. */
export interface Candidate {
  readonly rank: number;
  readonly condition: CompiledExpression;
}

/** What stands at each subject of one issuer, by what it names. */
interface BySubject<T> {
  everybody: T | undefined;
  readonly users: Map<string, T>;
  readonly groups: Map<string, T>;
  readonly usersInGroups: Map<string, Map<string, T>>;
}

/** A mapping is its rank, its place when all are sorted by name. */
export interface IssuerMappings {
  /** The first of each subject without an expression. */
  readonly plain: BySubject<number>;
  /** All of each subject with one, first ones first; absent where no subject has one, as mostly. */
  conditional: BySubject<Candidate[]> | undefined;
}

const newBySubject = <T>(): BySubject<T> => ({
  everybody: undefined,
  users: new Map(),
  groups: new Map(),
  usersInGroups: new Map(),
});

export const newIssuer = (): IssuerMappings => ({ plain: newBySubject(), conditional: undefined });

/** Ranks come in ascending order: of subjects without a condition the first one stays. */
export function addSubject(
  issuer: IssuerMappings,
  subject: Subject,
  rank: number,
  condition: CompiledExpression | undefined,
): void {
  if (condition === undefined) placeOf(issuer.plain, subject, () => rank);
  else placeOf((issuer.conditional ??= newBySubject()), subject, (): Candidate[] => []).push({ rank, condition });
}

function placeOf<T>(by: BySubject<T>, { user, group }: Subject, create: () => T): T {
  if (user !== undefined && group !== undefined)
    return getOrAdd(
      getOrAdd(by.usersInGroups, user, () => new Map<string, T>()),
      group,
      create,
    );
  if (user !== undefined) return getOrAdd(by.users, user, create);
  if (group !== undefined) return getOrAdd(by.groups, group, create);
  return (by.everybody ??= create());
}

type Places = readonly (IssuerMappings | undefined)[];

/** The first mapping without a condition that fits, by what it names of the person; Infinity where there is none. */
export function rankOf(places: Places, identity: Identity): { user: number; group: number; everybody: number } {
  let [user, group, everybody] = [Infinity, Infinity, Infinity];
  for (const place of places) {
    if (place === undefined) continue;
    const { plain } = place;
    user = Math.min(user, plain.users.get(identity.username) ?? Infinity);
    const both = plain.usersInGroups.get(identity.username);
    for (const name of identity.groups) {
      group = Math.min(group, plain.groups.get(name) ?? Infinity);
      user = Math.min(user, both?.get(name) ?? Infinity);
    }
    everybody = Math.min(everybody, plain.everybody ?? Infinity);
  }
  return { user, group, everybody };
}

/** Those with a condition that may fit, in order; undefined where no subject has one. */
export function candidatesOf(
  places: Places,
  identity: Identity,
): Readonly<Record<'user' | 'group' | 'expression', readonly Candidate[]>> | undefined {
  if (places.every((place) => place?.conditional === undefined)) return undefined;
  const found: Record<'user' | 'group' | 'expression', Candidate[][]> = { user: [], group: [], expression: [] };
  for (const place of places) {
    const by = place?.conditional;
    if (by === undefined) continue;
    found.user.push(by.users.get(identity.username) ?? []);
    const both = by.usersInGroups.get(identity.username);
    for (const name of identity.groups) {
      found.group.push(by.groups.get(name) ?? []);
      found.user.push(both?.get(name) ?? []);
    }
    found.expression.push(by.everybody ?? []);
  }
  return { user: inOrder(found.user), group: inOrder(found.group), expression: inOrder(found.expression) };
}

/** One list is in order as it is, and may be of thousands. */
function inOrder(lists: readonly Candidate[][]): readonly Candidate[] {
  const [only = [], ...others] = lists.filter((list) => list.length > 0);
  return others.length === 0 ? only : [only, ...others].flat().sort((a, b) => a.rank - b.rank);
}

export function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
