/** Who can log in, and the one group that each is in. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  alice: ['team-a-admins'],
  bob: ['team-a-viewers'],
  carol: ['auditors'],
  dave: ['team-a-stored'],
  root: ['cluster-admins'],
};

export const PEOPLE_OF_PROVIDER: readonly string[] = Object.keys(GROUPS);

/** The people of one provider, whose groups may change and who may go. */
export interface People {
  has(person: string): boolean;
  claimsOf(person: string): ReturnType<typeof claimsOf>;
  setGroups(person: string, groups: readonly string[]): void;
  remove(person: string): void;
}

export function createPeople(): People {
  const groups = new Map<string, readonly string[]>();
  const gone = new Set<string>();
  return {
    has: (person) => PEOPLE_OF_PROVIDER.includes(person) && !gone.has(person),
    claimsOf: (person) => ({ ...claimsOf(person), groups: groups.get(person) ?? GROUPS[person] ?? [] }),
    setGroups: (person, now) => void groups.set(person, now),
    remove: (person) => void gone.add(person),
  };
}

/** What the provider says of a person, in ID tokens and at its userinfo endpoint. */
export function claimsOf(person: string): Record<string, unknown> & { sub: string } {
  return {
    sub: person,
    preferred_username: person,
    name: person,
    email: `${person}@example.com`,
    email_verified: true,
    groups: GROUPS[person] ?? [],
  };
}
