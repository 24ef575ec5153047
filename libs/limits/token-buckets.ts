/** Allowances by key that fill up again with time. */
export interface TokenBuckets {
  /** Takes one. 0 where there was one, else the milliseconds until the next. */
  take(key: string, nowMs: number): number;
  /** Keys that are remembered. */
  size(): number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * At most `maxKeys` are remembered, the one that came first goes first: somebody with very many addresses starts anew
 * with each of them, and who must be bounded all the same needs a bucket for all keys beside this.
 */
export function createTokenBuckets(options: {
  readonly burst: number;
  readonly perMinute: number;
  readonly maxKeys: number;
}): TokenBuckets {
  const { burst, maxKeys } = options;
  const perMs = options.perMinute / 60_000;
  const buckets = new Map<string, Bucket>();
  return {
    take(key, nowMs) {
      let bucket = buckets.get(key);
      if (!bucket) {
        if (buckets.size >= maxKeys) buckets.delete(buckets.keys().next().value as string);
        buckets.set(key, (bucket = { tokens: burst, atMs: nowMs }));
      }
      // A clock that was set back gives nothing, and takes nothing away.
      const elapsedMs = Math.max(0, nowMs - bucket.atMs);
      bucket.tokens = Math.min(burst, bucket.tokens + elapsedMs * perMs);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) return perMs > 0 ? Math.ceil((1 - bucket.tokens) / perMs) : Infinity;
      bucket.tokens--;
      return 0;
    },
    size: () => buckets.size,
  };
}
