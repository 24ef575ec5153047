import type { JWK } from 'jose';
import type { Authentication } from '#model';
import type { CompiledIssuer } from './compile-issuers.ts';

/** What was found good of one token: its claims, never whom they make or what that person may do. */
export interface Verified {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuerUrl: string;
  readonly issuerVersion: string;
  /** The key that its signature fits. */
  readonly jwk: JWK;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly voidAtMs: number;
  /** What this very compiled issuer makes of the claims, which cannot change; another one works it out anew. */
  answer: { readonly by: CompiledIssuer; readonly authentication: Authentication } | undefined;
}

export interface VerifiedCache {
  get(digest: string): Verified | undefined;
  set(digest: string, verified: Verified): void;
  delete(digest: string): void;
  /** Entries held. */
  size(): number;
}

/** Bounded; the one that was used longest ago goes first. */
export function createVerifiedCache(maxEntries = 10_000): VerifiedCache {
  // Two generations instead of a list: a hit costs one look-up, and a full young one becomes the old one.
  let young = new Map<string, Verified>();
  let old = new Map<string, Verified>();
  const half = Math.max(1, Math.floor(maxEntries / 2));
  const set = (digest: string, verified: Verified): void => {
    old.delete(digest);
    if (young.size >= half && !young.has(digest)) {
      old = young;
      young = new Map();
    }
    young.set(digest, verified);
  };
  return {
    get(digest) {
      const hit = young.get(digest);
      if (hit) return hit;
      const earlier = old.get(digest);
      if (earlier) set(digest, earlier);
      return earlier;
    },
    set,
    delete(digest) {
      young.delete(digest);
      old.delete(digest);
    },
    size: () => young.size + old.size,
  };
}
