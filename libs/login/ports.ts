import type { IncomingMessage } from 'node:http';
import type { Narrowing } from '#model';
import type { Providers } from './providers.ts';

/** A session without its token; see `SessionRecord` of the identity stage, which reads it back. */
export interface LoginSession {
  readonly id: string;
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
  readonly idleTimeoutMs: number;
  readonly authenticatedAtSeconds?: number | undefined;
  readonly acr?: string | undefined;
  /** Whence it was opened, for whoever looks at the list; judged by nobody. */
  readonly sourceAddress?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** All that are given must fit. */
export interface SessionFilter {
  readonly id?: string;
  readonly issuerUrl?: string;
  readonly subject?: string;
}

export interface SessionStore {
  /** Stores a session and answers its token: 256 random bits, of which only a hash is kept. @throws GatehouseError storeUnavailable. */
  create(session: LoginSession): Promise<string>;
  /** By token or by id; nothing happens where there is none. Tells every worker and replica. */
  delete(tokenOrId: string): Promise<void>;
  /** Newest first; those that have expired are among them until they are swept. */
  list(filter: SessionFilter): Promise<LoginSession[]>;
  /** Ends those that fit and tells every worker and replica; answers their ids. A filter must name something. */
  end(filter: SessionFilter): Promise<string[]>;
  /** Those of these ids that still exist. */
  existing(ids: readonly string[]): Promise<string[]>;
  touch(id: string, nowMs: number): Promise<void>;
  deleteExpired(nowMs: number): Promise<void>;
}

/**
 * How an access token came to be: asked for by its owner (or an admin, for a machine), by a program's login that its
 * owner approved, or with a kubeconfig.
 */
export type AccessTokenOrigin = 'request' | 'deviceLogin' | 'browserLogin' | 'kubeconfig';

/** An access token without the token. */
export interface AccessTokenSummary {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  readonly narrowing: Narrowing;
  /** `username` of whoever made it; of a machine's token an admin. */
  readonly createdBy: string;
  readonly origin: AccessTokenOrigin;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Within a minute; undefined where it was never used. */
  readonly lastUsedAtMs: number | undefined;
}

export interface AccessTokenStore {
  /** `digest` is the SHA-256 (hex) of the token, which itself is never stored. */
  createAccessToken(token: Omit<AccessTokenSummary, 'lastUsedAtMs'> & { readonly digest: string }): Promise<void>;
  listAccessTokens(filter: { readonly issuerUrl?: string; readonly subject?: string }): Promise<AccessTokenSummary[]>;
  /** Tells every worker and replica. False where there is none of this owner. */
  deleteAccessToken(id: string, owner?: { readonly issuerUrl: string; readonly subject: string }): Promise<boolean>;
  /** Those of these ids that still exist. */
  existingAccessTokens(ids: readonly string[]): Promise<string[]>;
  noteAccessTokensUsed(uses: readonly { readonly id: string; readonly atMs: number }[]): Promise<void>;
  deleteExpiredAccessTokens(nowMs: number): Promise<void>;
}

/** A person as last seen. */
export interface UserSummary {
  readonly id: string;
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly disabledAtMs: number | undefined;
  readonly disabledReason: string | undefined;
}

export interface SeenPerson {
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly username: string;
  /** The newest claims, which the person's access tokens act by; absent: those that are known stay. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

export interface UserStore {
  noteSeen(people: readonly SeenPerson[]): Promise<void>;
  listUsers(): Promise<UserSummary[]>;
  getUser(id: string): Promise<UserSummary | undefined>;
  /** Tells every worker and replica. False where there is none. */
  setDisabled(id: string, disabled: { readonly atMs: number; readonly reason: string } | undefined): Promise<boolean>;
  /** Everybody who is disabled. */
  listDisabled(): Promise<readonly { readonly issuerUrl: string; readonly subject: string }[]>;
}

/** Seals the login transaction for its cookie. */
export interface TransactionSealer {
  seal(clear: string): string;
  /** @throws where the value was changed or sealed with another key. */
  open(sealed: string): string;
}

export interface LoginPorts {
  readonly providers: Providers;
  readonly sessions: SessionStore;
  readonly sealer: TransactionSealer;
  /** True the first time that it is asked for this state, whichever worker asks; a second callback is refused. */
  claimState(state: string): boolean | Promise<boolean>;
  readonly callbackUrl: string;
  /** The client's address, believing only trusted proxies. */
  sourceAddress?(request: IncomingMessage): string;
  /**
   * What is wrong with these claims, in words for the person, or undefined. Wire `identityFromClaims` here: then
   * somebody whom the Issuer's mappings cannot name is told so at login and gets no session. (Each request is judged
   * by the same function anyway.)
   */
  findClaimProblem?(issuerName: string, claims: Readonly<Record<string, unknown>>): string | undefined;
  readonly idleTimeoutSeconds: number;
  readonly absoluteTimeoutSeconds: number;
  now(): number;
}
