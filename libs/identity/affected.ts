/** A person as the issuer knows them. */
export interface Person {
  readonly issuerUrl: string;
  readonly subject: string;
}

/** The people whose sessions, access tokens or status changed; `everyone` when they are unknown or too many. */
export type Affected = 'everyone' | readonly Person[];

/** A key for maps and sets. An issuer URL has no space, so no two people share a key. */
export const personKey = ({ issuerUrl, subject }: Person): string => `${issuerUrl} ${subject}`;

export function affects(affected: Affected): (person: Person) => boolean {
  if (affected === 'everyone') return () => true;
  const keys = new Set(affected.map(personKey));
  return (person) => keys.has(personKey(person));
}

export function joinAffected(one: Affected, other: Affected): Affected {
  return one === 'everyone' || other === 'everyone' ? 'everyone' : [...one, ...other];
}
