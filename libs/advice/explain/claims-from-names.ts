import type { IssuerInput } from '#identity';
import type { SupposedPerson } from '../suppose-identity.ts';

type NameMapping = { readonly claim?: string | undefined; readonly prefix?: string } | undefined;

/**
 * The claims that a person's names must have come from, for mappings that read claims. What an expression made of them
 * cannot be undone, and other claims are not known: a mapping that reads those finds nothing.
 */
export function claimsFromNames(person: SupposedPerson, { claimMappings }: IssuerInput): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  const set = (mapping: NameMapping, names: readonly string[], many: boolean): void => {
    if (mapping?.claim === undefined) return;
    const prefix = mapping.prefix ?? '';
    const values = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    if (values.length > 0) claims[mapping.claim] = many ? values : values[0];
  };
  set(claimMappings.groups, person.groups, true);
  if (person.uid !== undefined) set(claimMappings.uid, [person.uid], false);
  if (person.subject) claims.sub = person.subject;
  set(claimMappings.username, [person.username], false);
  return claims;
}
