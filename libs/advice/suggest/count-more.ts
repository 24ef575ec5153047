import type { Subject } from '#policy';
import type { UsedByPerson } from './assign-rights.ts';
import { isDiscovery } from './discovery.ts';
import { describeRight, keyOf, type Right } from './used-rights.ts';

const MOST = 5;

/** What a suggested rule gives beyond what its people used, as sentences. */
export function countMore(
  subject: Subject,
  rights: readonly Right[],
  people: readonly UsedByPerson[],
  roundUp: boolean,
): string[] {
  const more: string[] = [];
  if (rights.some(isDiscovery)) more.push('all of discovery, as the API server gives it to everybody who is logged in');
  if (roundUp) more.push('get, list and watch together, where one of them was used');
  for (const [names, list] of anyNames(rights, people)) more.push(`any name (seen: ${names}) to ${shorten(list)}`);
  if (subject.user === undefined) {
    for (const { person, rights: used } of people) {
      const has = new Set(used.map(({ right }) => keyOf(right)));
      const unused = rights.filter((right) => !isDiscovery(right) && !has.has(keyOf(right))).map(describeRight);
      if (unused.length > 0) more.push(`to ${person.username}, who did not use it: ${shorten(unused)}`);
    }
    more.push(
      subject.group === undefined
        ? `all of it to everybody else of issuer ${subject.issuer}`
        : `all of it to whoever else is in ${subject.group}`,
    );
  }
  return more;
}

/** Rights that were widened to any name, by the names that were seen. */
function anyNames(rights: readonly Right[], people: readonly UsedByPerson[]): Map<string, string[]> {
  const seen = new Map<string, Set<string>>();
  for (const { rights: used } of people)
    for (const { right, seenNames } of used)
      for (const name of seenNames) seen.set(keyOf(right), (seen.get(keyOf(right)) ?? new Set()).add(name));
  const byNames = new Map<string, string[]>();
  for (const right of rights) {
    const names = seen.get(keyOf(right));
    if (names === undefined) continue;
    const key = shorten([...names].sort());
    byNames.set(key, [...(byNames.get(key) ?? []), describeRight(right)]);
  }
  return byNames;
}

const shorten = (list: readonly string[]): string =>
  list.length <= MOST ? list.join(', ') : `${list.slice(0, MOST).join(', ')} and ${list.length - MOST} more`;
