import type { Providers } from './providers.ts';

/** A new session; see `SessionRecord` of the identity stage, which reads it back. */
export interface NewSession {
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
}

export interface SessionStore {
  /** Stores a session and answers its token: 256 random bits, of which only a hash is kept. @throws GatehouseError storeUnavailable. */
  create(session: NewSession): Promise<string>;
  /** By token or by id; nothing happens where there is none. */
  delete(tokenOrId: string): Promise<void>;
  touch(id: string, nowMs: number): Promise<void>;
  deleteExpired(nowMs: number): Promise<void>;
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
