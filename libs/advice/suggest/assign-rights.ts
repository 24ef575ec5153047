import type { Subject } from '#policy';
import type { SupposedPerson } from '../suppose-identity.ts';
import { isForEverybody } from './discovery.ts';
import type { Widened } from './forget-names.ts';
import { keyOf, type Right } from './used-rights.ts';

/** A person and what they used. */
export interface UsedByPerson {
  readonly person: SupposedPerson;
  readonly rights: readonly Widened[];
}

/** What one subject is to get. */
export interface Assigned {
  readonly subject: Subject;
  readonly rights: readonly Right[];
  /** People in the log whom the subject means. */
  readonly people: readonly UsedByPerson[];
}

interface Candidate {
  readonly subject: Subject;
  readonly members: readonly UsedByPerson[];
}

/**
 * Gives each right to as few subjects as are reasonable: to a group where at least two people, and at least half of
 * those of it who are in the log, used it; else to the person. Everybody of an issuer gets only what the API server
 * gives everybody as well.
 */
export function assignRights(used: readonly UsedByPerson[], perPerson: boolean): Assigned[] {
  const candidates = perPerson ? [] : groupsOf(used);
  const everybody = perPerson ? [] : issuersOf(used);
  const people: readonly Candidate[] = used.map((entry) => ({
    subject: { issuer: entry.person.issuer, user: entry.person.username },
    members: [entry],
  }));
  const rights = new Map(used.flatMap((entry) => entry.rights.map(({ right }) => [keyOf(right), right] as const)));
  const has = new Map(used.map((entry) => [entry, new Set(entry.rights.map(({ right }) => keyOf(right)))]));
  const given = new Map<Candidate, Right[]>();
  for (const [key, right] of rights) {
    let left = used.filter((entry) => has.get(entry)?.has(key));
    while (left.length > 0) {
      const best =
        bestOf(isForEverybody(right) ? everybody : candidates, left) ??
        people.find(({ members }) => members[0] === left[0]);
      if (best === undefined) break;
      given.set(best, [...(given.get(best) ?? []), right]);
      left = left.filter((entry) => !best.members.includes(entry));
    }
  }
  return [...given].map(([{ subject, members }, assigned]) => ({ subject, rights: assigned, people: members }));
}

function bestOf(candidates: readonly Candidate[], left: readonly UsedByPerson[]): Candidate | undefined {
  let best: { candidate: Candidate; users: number; extra: number } | undefined;
  for (const candidate of candidates) {
    const users = candidate.members.filter((member) => left.includes(member)).length;
    const extra = candidate.members.length - users;
    if (users < 2 || users < extra) continue;
    if (best === undefined || users > best.users || (users === best.users && extra < best.extra))
      best = { candidate, users, extra };
  }
  return best?.candidate;
}

function groupsOf(used: readonly UsedByPerson[]): Candidate[] {
  const groups = new Map<string, { subject: Subject; members: UsedByPerson[] }>();
  for (const entry of used) {
    const { issuer, groups: names } = entry.person;
    for (const group of new Set(names)) {
      const key = JSON.stringify([issuer, group]);
      const found = groups.get(key) ?? { subject: { issuer, group }, members: [] };
      found.members.push(entry);
      groups.set(key, found);
    }
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function issuersOf(used: readonly UsedByPerson[]): Candidate[] {
  return [...Map.groupBy(used, ({ person }) => person.issuer)].map(([issuer, members]) => ({
    subject: { issuer },
    members,
  }));
}
