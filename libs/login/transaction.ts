import type { TransactionSealer } from './ports.ts';
import type { Demands } from './read-demands.ts';

/** One login that has begun in one browser. */
export interface Transaction {
  readonly issuer: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly returnTo: string;
  readonly startedAtMs: number;
  /**
   * Session tokens that the browser held when it began. The Strict cookie is not sent along the provider's redirect,
   * so at the callback nothing else says which session the new one replaces.
   */
  readonly formerSessions: readonly string[];
  /** What the ID token is held to at the callback. */
  readonly demands?: Demands;
}

/** A person needs minutes to type a password and a second factor. */
export const TRANSACTION_SECONDS = 600;

/** The transaction in a cookie's value, or undefined where it is none of ours or too old. */
export function openTransaction(sealed: string, sealer: TransactionSealer, nowMs: number): Transaction | undefined {
  try {
    const transaction = JSON.parse(sealer.open(sealed)) as Transaction;
    const age = nowMs - transaction.startedAtMs;
    return age >= 0 && age < TRANSACTION_SECONDS * 1000 ? transaction : undefined;
  } catch {
    return undefined;
  }
}
