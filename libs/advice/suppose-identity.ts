import type { Identity } from '#model';

/** As much of a person as is known without a credential. */
export interface SupposedPerson {
  /** `metadata.name` of the Issuer. */
  readonly issuer: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly issuerUrl?: string | undefined;
  readonly subject?: string | undefined;
  readonly uid?: string | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * An Identity that no credential proved: rules and mappings can be asked about it, and it must never reach what serves
 * requests. Nothing is known of the login, so that rules which want a fresh or a strong one do not count for it.
 */
export function supposeIdentity(person: SupposedPerson): Identity {
  const { issuer, username, groups, issuerUrl = '', subject = '', uid, claims = {} } = person;
  const identity: Omit<Identity, symbol> = {
    issuer,
    issuerUrl,
    subject,
    username,
    groups,
    uid,
    extra: {},
    claims,
    authenticatedAtSeconds: undefined,
    acr: undefined,
    credential: { kind: 'bearer', id: 'supposed' },
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
  return identity as Identity;
}
