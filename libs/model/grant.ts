declare const mintedByMapping: unique symbol;

/** Keys lower-case and not yet percent-encoded; each value becomes a header line of its own. */
export type Extra = Readonly<Record<string, readonly string[]>>;

interface GrantBase {
  readonly [mintedByMapping]: true;
  /** `metadata.name` of the Mapping that gave it. */
  readonly mapping: string;
  readonly cluster: string;
}

/** Speak as this user: the gateway's own credential plus `Impersonate-*`. `user` is never empty. */
export interface ImpersonateGrant extends GrantBase {
  readonly mode: 'impersonate';
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
  readonly extra: Extra;
  /** Set where a person acts as this user (`kubectl --as`): as whom the cluster knows that person. Goes along in `extra`. */
  readonly originalUser?: string | undefined;
}

/** Speak with the person's own upstream token; then no `Impersonate-*` and no client certificate goes upstream. */
export interface StoredTokenGrant extends GrantBase {
  readonly mode: 'storedToken';
  /** Row id of the token; safe to log. */
  readonly tokenId: string;
  /** The clear token. Never logged, never serialised. */
  readonly token: string;
  /** What SelfSubjectReview answered when it was saved. */
  readonly user: string;
  readonly groups: readonly string[];
  readonly savedAtMs: number;
  /** Where the token says so itself; for a warning only. */
  readonly expiresAtMs: number | undefined;
}

/**
 * Speak as a service account, with a short-lived token that the gateway asks the API server for (TokenRequest) once the
 * request is allowed; then no `Impersonate-*` and no client certificate goes upstream. Holds no secret.
 */
export interface ServiceAccountGrant extends GrantBase {
  readonly mode: 'serviceAccount';
  readonly namespace: string;
  readonly name: string;
  /** Empty: the API server's own. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** As the API server will see it: `system:serviceaccount:<namespace>:<name>`, and its fixed groups. */
  readonly user: string;
  readonly groups: readonly string[];
}

export type Grant = ImpersonateGrant | StoredTokenGrant | ServiceAccountGrant;
