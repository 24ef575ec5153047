import type { Narrowing } from '#model';
import type { Affected } from './affected.ts';

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
  /** From when on the claims are too old and have to be asked for again. */
  readonly refreshAfterMs?: number | undefined;
}

/** Reads a credential that is not remembered, or refuses to: look-ups by strangers are limited by their address. */
export type LimitLookup = <T>(
  sourceAddress: string,
  key: string,
  read: () => Promise<T | undefined>,
) => Promise<T | undefined>;

/** An access token as the store knows it, with its owner's claims as they were last seen. */
export interface FoundAccessToken {
  readonly id: string;
  readonly name: string;
  /** `metadata.name` of the owner's Issuer; `gatehouse` for a service identity. */
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly narrowing: Narrowing;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

export interface AccessTokenFinder {
  /** By SHA-256 (hex), for this client address. @throws GatehouseError storeUnavailable, tooManyRequests. */
  findAccessToken(
    digest: string,
    sourceAddress?: string,
  ): FoundAccessToken | undefined | Promise<FoundAccessToken | undefined>;
}

/** What a store has of it: many at once, in the order of what was asked. */
export interface AccessTokenReader {
  findAccessToken(digest: string): Promise<FoundAccessToken | undefined>;
  findAccessTokens(digests: readonly string[]): Promise<readonly (FoundAccessToken | undefined)[]>;
}

export interface CredentialChanges {
  /** Rises by one with each change. */
  readonly revision: number;
  readonly affected: Affected;
}

export interface CredentialStore {
  /** The people affected by the changes after `revision`, and the current revision. */
  changesSince(revision: number): Promise<CredentialChanges>;
  /** Notifies of changes by this process and, a moment later, by others. Returns a function that unsubscribes. */
  onChange(listener: (revision: number) => void): () => void;
}

/** People who may not use the gateway, however good their credential. */
export interface DisabledPeople {
  has(issuerUrl: string, subject: string): boolean;
}

export interface SessionFinder {
  /** The session of a cookie's token, for this client address. @throws GatehouseError storeUnavailable, tooManyRequests. */
  find(cookieToken: string, sourceAddress?: string): SessionRecord | undefined | Promise<SessionRecord | undefined>;
  /** Notes use; called at most once a minute a session (more often only where the idle time-out is under four minutes). */
  touch(id: string, nowMs: number): void;
}

/** What a store has of it: many at once, in the order of what was asked. */
export interface SessionReader {
  find(cookieToken: string): Promise<SessionRecord | undefined>;
  findMany(cookieTokens: readonly string[]): Promise<readonly (SessionRecord | undefined)[]>;
}
