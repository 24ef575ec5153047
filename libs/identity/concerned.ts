/** A person as the issuer knows them. */
export interface Person {
  readonly issuerUrl: string;
  readonly subject: string;
}

/** Whom a change of sessions, access tokens or people concerns; everyone where it is not known, or are too many. */
export type Concerned = 'everyone' | readonly Person[];

/** One text a person, to look up by. */
export const personKey = ({ issuerUrl, subject }: Person): string => `${issuerUrl} ${subject}`;

export function concerns(concerned: Concerned): (person: Person) => boolean {
  if (concerned === 'everyone') return () => true;
  const keys = new Set(concerned.map(personKey));
  return (person) => keys.has(personKey(person));
}

export function joinConcerned(one: Concerned, other: Concerned): Concerned {
  return one === 'everyone' || other === 'everyone' ? 'everyone' : [...one, ...other];
}
