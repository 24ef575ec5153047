/** A person's browser session, as the server keeps it. The cookie holds a random token of which only a hash is stored. */
export interface SessionRecord {
  readonly id: string;
  /** `metadata.name` of the Issuer. */
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  /** Claims of the ID token, mapped anew on each request, so that a changed Issuer counts at once. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  /** Absolute end; Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly idleTimeoutMs: number;
  readonly authenticatedAtSeconds?: number | undefined;
  readonly acr?: string | undefined;
}

export interface SessionFinder {
  /** The session of a cookie's token, or undefined. @throws GatehouseError storeUnavailable. */
  find(cookieToken: string): Promise<SessionRecord | undefined>;
  /** Notes use; called at most once a minute a session (more often only where the idle time-out is under four minutes). */
  touch(id: string, nowMs: number): Promise<void>;
}
