import type { SupposedPerson } from '#advice';
import type { IssuerSpec, ResourceObject } from '#resources';
import type { Store } from '#store';
import { CliFailure } from './failure.ts';

/** A person as the audit log last saw them. */
export interface SeenPerson extends SupposedPerson {
  readonly subject: string;
  /** Unix milliseconds. */
  readonly lastSeenMs: number;
}

/**
 * People of the audit log whom a name means: the user name as an issuer makes it, or that without the issuer's prefix.
 * @param issuer only of this one.
 */
export async function findSeenPeople(store: Store, name: string, issuer: string | undefined): Promise<SeenPerson[]> {
  const found = new Map<string, SeenPerson>();
  for (const username of await spellingsOf(store, name)) {
    for (const of of issuer === undefined ? await issuerNames(store) : [issuer]) {
      const { items } = await store.audit.list({ user: username, issuer: of, limit: 1 });
      const [last] = items;
      if (last === undefined) continue;
      const { groups, subject, receivedAtMs } = last;
      found.set(JSON.stringify([of, username]), { issuer: of, username, groups, subject, lastSeenMs: receivedAtMs });
    }
  }
  return [...found.values()];
}

/** The one person whom a name means. @throws CliFailure where it means nobody or several. */
export async function findSeenPerson(store: Store, name: string, issuer: string | undefined): Promise<SeenPerson> {
  const people = await findSeenPeople(store, name, issuer);
  const [only, ...others] = people;
  if (only === undefined) throw new CliFailure(`the audit log knows nobody called ${JSON.stringify(name)}`);
  if (others.length > 0)
    throw new CliFailure(
      `${JSON.stringify(name)} may be ${people.map((person) => `${person.username} (issuer ${person.issuer})`).join(' or ')}; give --issuer or the whole name`,
    );
  return only;
}

const issuers = async (store: Store): Promise<ResourceObject[]> => (await store.objects.list('Issuer')).items;
const issuerNames = async (store: Store): Promise<string[]> =>
  (await issuers(store)).map(({ metadata }) => metadata.name);

async function spellingsOf(store: Store, name: string): Promise<string[]> {
  const prefixes = (await issuers(store)).map(({ spec }) => (spec as IssuerSpec).claimMappings.username.prefix ?? '');
  return [...new Set([name, ...prefixes.map((prefix) => prefix + name)])];
}
