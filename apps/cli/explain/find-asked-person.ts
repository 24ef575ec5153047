import { describeNaming, findPerson, personFromToken, type FindPersonPorts } from '#advice';
import type { Identity } from '#model';
import type { Snapshot } from '#pipeline';
import type { Store } from '#store';
import { CliFailure } from '../failure.ts';
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

/** Whom the options mean. @throws CliFailure where that is nobody, or could be several. */
export async function findAskedPerson(
  terminal: Terminal,
  store: Store,
  snapshot: Snapshot,
  options: PersonOptions,
): Promise<AskedPerson> {
  const { as: name = '', issuer, group: groups, tokenFile } = options;
  const found =
    tokenFile === undefined
      ? await findPerson({ name, issuer, groups }, personPorts(store, snapshot))
      : await ofToken(terminal, snapshot, tokenFile);
  if (!found.ok) throw new CliFailure(found.message);
  const { identity, known } = found;
  const of = snapshot.issuers.byName(identity.issuer);
  return { identity, known, claims: of ? describeNaming(identity, of) : [] };
}

/** A stored token is kept by the subject; of somebody whom no request tells of, it tells the subject. */
function personPorts(store: Store, { objects, issuers }: Snapshot): FindPersonPorts {
  return {
    audit: store.audit,
    issuers,
    issuerNames: objects.filter(({ kind }) => kind === 'Issuer').map(({ metadata }) => metadata.name),
    subjectOf: async (issuer, username) =>
      (await store.storedTokens.list({})).find((row) => row.issuer === issuer && row.username === username)?.subject,
  };
}

async function ofToken(terminal: Terminal, { issuers }: Snapshot, file: string) {
  const token = await readSecret(terminal, 'token', file === '-' ? undefined : file);
  const read = personFromToken(token, issuers);
  if (!read.ok) return read;
  const over = read.expiresAtMs <= terminal.now() ? '; it is expired' : '';
  return { ...read, known: `by the claims of the token, whose signature was not checked${over}` };
}
