import type { AuditStore } from '#audit';
import { SERVICE_ISSUER, type CompiledIssuers } from '#identity';
import type { Identity } from '#model';
import { supposeIdentity, type SupposedPerson } from '../suppose-identity.ts';
import { claimsFromNames } from './claims-from-names.ts';

export interface AskedName {
  /** The user name as an issuer makes it, or that without the issuer's prefix. */
  readonly name: string;
  /** Name of the Issuer; absent: any. */
  readonly issuer?: string | undefined;
  /** Instead of those that the audit log saw last. */
  readonly groups?: readonly string[] | undefined;
}

export interface FindPersonPorts {
  readonly audit: Pick<AuditStore, 'list'>;
  readonly issuers: CompiledIssuers;
  /** Of all Issuers. */
  readonly issuerNames: readonly string[];
  /** The subject of somebody whom no request tells of, where anything else does. */
  subjectOf?(issuer: string, username: string): Promise<string | undefined>;
}

export type FoundPerson =
  /** `known`: how it is known who that is, as a sentence. */
  | { readonly ok: true; readonly identity: Identity; readonly known: string }
  | { readonly ok: false; readonly message: string };

/** A person as the audit log last saw them. */
export interface SeenPerson extends SupposedPerson {
  readonly subject: string;
  /** Unix milliseconds. */
  readonly lastSeenMs: number;
}

/** People of the audit log whom a name means. */
export async function findSeenPeople({ name, issuer }: AskedName, ports: FindPersonPorts): Promise<SeenPerson[]> {
  const found = new Map<string, SeenPerson>();
  for (const of of issuer === undefined ? [...ports.issuerNames, SERVICE_ISSUER] : [issuer]) {
    for (const username of new Set([name, prefixOf(of, ports) + name])) {
      const { items } = await ports.audit.list({ user: username, issuer: of, limit: 1 });
      const [last] = items;
      if (last === undefined) continue;
      const { groups, subject, receivedAtMs } = last;
      found.set(JSON.stringify([of, username]), { issuer: of, username, groups, subject, lastSeenMs: receivedAtMs });
    }
  }
  return [...found.values()];
}

export const nameSeveral = (name: string, people: readonly SeenPerson[]): string =>
  `${JSON.stringify(name)} may be ${people.map(({ username, issuer }) => `${username} (issuer ${issuer})`).join(' or ')}; give the issuer or the whole name`;

/** Somebody to ask about: with the groups that are given, or that the audit log saw last. */
export async function findPerson(asked: AskedName, ports: FindPersonPorts): Promise<FoundPerson> {
  const { name, groups = [] } = asked;
  if (asked.issuer !== undefined && !isIssuer(asked.issuer, ports))
    return { ok: false, message: `there is no Issuer ${JSON.stringify(asked.issuer)}` };
  const [seen, ...others] = await findSeenPeople(asked, ports);
  if (seen !== undefined && others.length > 0) return { ok: false, message: nameSeveral(name, [seen, ...others]) };
  if (seen !== undefined) {
    const when = new Date(seen.lastSeenMs).toISOString();
    return groups.length > 0
      ? suppose({ ...seen, groups }, 'groups as given', ports)
      : suppose(seen, `groups as the audit log saw them last, at ${when}`, ports);
  }
  const named = name.startsWith(SERVICE_PREFIX) ? SERVICE_ISSUER : asked.issuer;
  const [only, ...more] = named === undefined ? ports.issuerNames : [named];
  if (only === undefined) return { ok: false, message: 'there is no Issuer' };
  if (more.length > 0)
    return {
      ok: false,
      message: `the audit log knows nobody called ${JSON.stringify(name)}; give the issuer (there are ${ports.issuerNames.join(', ')})`,
    };
  const prefix = prefixOf(only, ports);
  const username = name.startsWith(prefix) ? name : prefix + name;
  const subject = await ports.subjectOf?.(only, username);
  const known = groups.length > 0 ? 'groups as given' : 'judged without groups, as none are given';
  return suppose({ issuer: only, username, groups, subject }, `not in the audit log; ${known}`, ports);
}

/** Service identities have no Issuer object. */
const SERVICE_PREFIX = `${SERVICE_ISSUER}:`;
const isIssuer = (name: string, { issuers }: FindPersonPorts): boolean =>
  name === SERVICE_ISSUER || issuers.byName(name) !== undefined;

const prefixOf = (issuer: string, { issuers }: FindPersonPorts): string => {
  if (issuer === SERVICE_ISSUER) return SERVICE_PREFIX;
  const { prefix = '' } = (issuers.byName(issuer)?.claimMappings.username ?? {}) as { prefix?: string };
  return prefix;
};

/** With the claims that the names come from, for mappings that read claims. */
function suppose(person: SupposedPerson, known: string, { issuers }: FindPersonPorts): FoundPerson {
  const issuer = issuers.byName(person.issuer);
  const issued = issuer
    ? { issuerUrl: issuer.issuer.url, claims: claimsFromNames(person, issuer) }
    : { issuerUrl: person.issuer };
  const identity = supposeIdentity({ ...person, ...issued });
  return { ok: true, identity, known };
}
