/** Who can log in, and the one group that each is in. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  alice: ['team-a-admins'],
  bob: ['team-a-viewers'],
  carol: ['auditors'],
  dave: ['team-a-stored'],
  root: ['cluster-admins'],
};

export const PEOPLE_OF_PROVIDER: readonly string[] = Object.keys(GROUPS);

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
