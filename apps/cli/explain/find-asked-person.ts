import { claimsFromNames, describeNaming, personFromToken, supposeIdentity, type SupposedPerson } from '#advice';
import type { Identity } from '#model';
import type { Snapshot } from '#pipeline';
import type { Store } from '#store';
import { CliFailure } from '../failure.ts';
import { findSeenPeople } from '../find-person.ts';
import { readSecret } from '../read-secret.ts';
import type { Terminal } from '../terminal.ts';

export interface PersonOptions {
  readonly as?: string;
  readonly issuer?: string;
  readonly group: readonly string[];
  readonly tokenFile?: string;
}

export interface AskedPerson {
  readonly identity: Identity;
  /** How it is known who that is, as a sentence. */
  readonly known: string;
  /** Which claims make the names, as sentences. */
  readonly claims: readonly string[];
}

/**
 * Whom the options mean: a token's person, or somebody by name, with the groups that were given or that the audit log
 * saw last. @throws CliFailure where that is nobody, or could be several.
 */
export async function findAskedPerson(
  terminal: Terminal,
  store: Store,
  snapshot: Snapshot,
  options: PersonOptions,
): Promise<AskedPerson> {
  const found = await find(terminal, store, snapshot, options);
  const issuer = snapshot.issuers.byName(found.identity.issuer);
  return { ...found, claims: issuer ? describeNaming(found.identity, issuer) : [] };
}

type Found = Omit<AskedPerson, 'claims'>;

async function find(terminal: Terminal, store: Store, snapshot: Snapshot, options: PersonOptions): Promise<Found> {
  if (options.tokenFile !== undefined) return await ofToken(terminal, snapshot, options.tokenFile);
  const { as: name = '', group: groups } = options;
  const [seen, ...others] = await findSeenPeople(store, name, options.issuer);
  if (seen !== undefined && others.length > 0)
    throw new CliFailure(
      `${JSON.stringify(name)} may be ${[seen, ...others].map(({ username, issuer }) => `${username} (issuer ${issuer})`).join(' or ')}; give --issuer or the whole name`,
    );
  if (seen !== undefined) {
    const when = new Date(seen.lastSeenMs).toISOString();
    return groups.length > 0
      ? { identity: suppose({ ...seen, groups }, snapshot), known: 'groups as given' }
      : { identity: suppose(seen, snapshot), known: `groups as the audit log saw them last, at ${when}` };
  }
  const guessed = guessName(name, options.issuer, snapshot);
  const person = { ...guessed, groups, subject: await subjectOf(store, guessed) };
  const known = groups.length > 0 ? 'groups as given' : 'without groups; give them by --group';
  return { identity: suppose(person, snapshot), known: `not in the audit log; ${known}` };
}

async function ofToken(terminal: Terminal, { issuers }: Snapshot, file: string): Promise<Found> {
  const token = await readSecret(terminal, 'token', file === '-' ? undefined : file);
  const read = personFromToken(token, issuers);
  if (!read.ok) throw new CliFailure(read.message);
  const over = read.expiresAtMs <= terminal.now() ? '; it is expired' : '';
  return { identity: read.identity, known: `by the claims of the token, whose signature was not checked${over}` };
}

/** The claims that the names come from, for mappings that read claims. */
function suppose(person: SupposedPerson, { issuers }: Snapshot): Identity {
  const issuer = issuers.byName(person.issuer);
  if (issuer === undefined) throw new CliFailure(`there is no Issuer ${JSON.stringify(person.issuer)}`);
  return supposeIdentity({ ...person, issuerUrl: issuer.issuer.url, claims: claimsFromNames(person, issuer) });
}

/** Of the only issuer, or of the one that was named; a name without its prefix gets it. */
function guessName(
  name: string,
  issuer: string | undefined,
  { objects, issuers }: Snapshot,
): { issuer: string; username: string } {
  const names = objects.filter(({ kind }) => kind === 'Issuer').map(({ metadata }) => metadata.name);
  const [only = '', ...others] = issuer === undefined ? names : [issuer];
  if (only === '') throw new CliFailure('there is no Issuer; apply one first (gatehouse apply -f)');
  if (others.length > 0)
    throw new CliFailure(
      `the audit log knows nobody called ${JSON.stringify(name)}; give --issuer (there are ${names.join(', ')})`,
    );
  const { prefix = '' } = (issuers.byName(only)?.claimMappings.username ?? {}) as { prefix?: string };
  return { issuer: only, username: name.startsWith(prefix) ? name : prefix + name };
}

/** A stored token is kept by the subject; of somebody whom no request tells of, it tells the subject. */
async function subjectOf(
  store: Store,
  { issuer, username }: { issuer: string; username: string },
): Promise<string | undefined> {
  return (await store.storedTokens.list({})).find((row) => row.issuer === issuer && row.username === username)?.subject;
}
