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
  /** The `sid` claim: the session at the provider. */
  readonly providerSessionId?: string | undefined;
  /** From when on the claims are too old and asked for again; absent where the provider gives no refresh token. */
  readonly refreshAfterMs?: number | undefined;
}

/** What the provider gave beside the claims. Secrets: sealed in the session's row. */
export interface ProviderTokens {
  readonly idToken: string;
  readonly refreshToken?: string | undefined;
}

/** What a refresh changes; of claims that say the same nobody is told. */
export interface RefreshedSession {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly tokens: ProviderTokens;
  readonly refreshAfterMs: number;
  readonly tell: boolean;
}

/** All that are given must fit. */
export interface SessionFilter {
  readonly id?: string;
  readonly issuerUrl?: string;
  readonly subject?: string;
  /** null: those whose provider named no session. */
  readonly providerSessionId?: string | null;
}

export interface SessionStore {
  /** Stores a session and answers its token: 256 random bits, of which only a hash is kept. @throws GatehouseError storeUnavailable. */
  create(session: LoginSession, tokens?: ProviderTokens): Promise<string>;
  /**
   * Ends the session of this cookie's token; nothing happens where there is none. An id is no token: whoever may end a
   * session by its id does so with `end`. Tells every worker and replica.
   */
  delete(token: string): Promise<void>;
  /** Newest first; those that have expired are among them until they are swept. */
  list(filter: SessionFilter): Promise<LoginSession[]>;
  /** Ends those that fit and tells every worker and replica; answers their ids. A filter must name something. */
  end(filter: SessionFilter): Promise<string[]>;
  /** Those of these ids that still exist, with their newest claims. */
  claimsOf(ids: readonly string[]): Promise<LiveCredential[]>;
  tokensOf(id: string): Promise<ProviderTokens | undefined>;
  /** Those of these ids whose claims are too old. */
  dueForRefresh(ids: readonly string[], nowMs: number): Promise<string[]>;
  /**
   * Takes the lease of a session that is due, for one caller of all workers and replicas; undefined for everybody else.
   * A lease that was not given back runs out.
   */
  leaseRefresh(
    id: string,
    nowMs: number,
    untilMs: number,
  ): Promise<{ readonly session: LoginSession; readonly tokens: ProviderTokens | undefined } | undefined>;
  /** Stores what a refresh gave, and gives the lease back. False where the session has ended, or the lease has run out. */
  finishRefresh(id: string, untilMs: number, refreshed: RefreshedSession): Promise<boolean>;
  /** Gives the lease back; the next one may try from then on. */
  postponeRefresh(id: string, untilMs: number, refreshAfterMs: number): Promise<void>;
  /** True for one caller: this logout token was not used before. Told once, remembered until it expires. */
  claimLogoutToken(id: string, expiresAtMs: number): Promise<boolean>;
  /** An earlier time never replaces a later one. */
  noteSessionsUsed(uses: readonly { readonly id: string; readonly atMs: number }[]): Promise<void>;
  deleteExpired(nowMs: number): Promise<void>;
}

/** A session or access token that has not ended, with the claims by which it acts now. */
export interface LiveCredential {
  readonly id: string;
  readonly claims: Readonly<Record<string, unknown>>;
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
  /** Those of these ids that still exist, with their owners' newest claims. */
  claimsOfAccessTokens(ids: readonly string[]): Promise<LiveCredential[]>;
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
  /**
   * Tells every worker and replica. False where there is none.
   * @param by who asks: of two admins who disable each other at once, one is refused.
   * @throws GatehouseError userDisabled.
   */
  setDisabled(
    id: string,
    disabled: { readonly atMs: number; readonly reason: string } | undefined,
    by?: { readonly issuerUrl: string; readonly subject: string },
  ): Promise<boolean>;
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
  /** Called for a login that is good, before its session is made; what it throws ends in no session. */
  beforeSession?(
    request: IncomingMessage,
    login: {
      readonly issuer: string;
      readonly subject: string;
      readonly claims: Readonly<Record<string, unknown>>;
      readonly sessionId: string;
    },
  ): Promise<void>;
  /** How old the claims of a session may become where the provider gives refresh tokens. */
  readonly refreshIntervalSeconds: number;
  readonly idleTimeoutSeconds: number;
  readonly absoluteTimeoutSeconds: number;
  now(): number;
}
