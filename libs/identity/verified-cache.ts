/** What was found good of one token: never whom it makes, which is worked out on each request. */
export interface Verified {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly issuerUrl: string;
  readonly issuerVersion: string;
  readonly kid: string | undefined;
  readonly algorithm: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly voidAtMs: number;
}

export interface VerifiedCache {
  get(digest: string): Verified | undefined;
  set(digest: string, verified: Verified): void;
  delete(digest: string): void;
}

/** Bounded; the one that was used longest ago goes first. */
export function createVerifiedCache(maxEntries = 10_000): VerifiedCache {
  // Two generations instead of a list: a hit costs one look-up, and a full young one becomes the old one.
  let young = new Map<string, Verified>();
  let old = new Map<string, Verified>();
  const half = Math.max(1, Math.floor(maxEntries / 2));
  const set = (digest: string, verified: Verified): void => {
    if (young.size >= half) {
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
  };
}
