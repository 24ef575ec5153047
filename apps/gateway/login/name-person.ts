import { identityFromClaims, type IdentityResult } from '#identity';
import type { Snapshot } from '#pipeline';

/** Whom a session's claims name by the Issuer as it is now; the same function that judges each request. */
export type NamePerson = (issuerName: string, claims: Readonly<Record<string, unknown>>) => IdentityResult;

export function createPersonNamer(snapshot: () => Pick<Snapshot, 'issuers'>): NamePerson {
  return (issuerName, claims) => {
    const issuer = snapshot().issuers.byName(issuerName);
    if (!issuer) return { ok: false, message: `the issuer "${issuerName}" is not configured any more` };
    return identityFromClaims(issuer, claims, { kind: 'session', id: '' }, Infinity);
  };
}
