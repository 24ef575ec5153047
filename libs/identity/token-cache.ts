import type { AccessTokenFinder, FoundAccessToken } from './ports.ts';

/** Behind a lost notification; what is revoked is told at once (`clear`). */
const KEEP_MS = 5_000;

/**
 * Look-ups of access tokens, remembered for some seconds and forgotten whenever something was revoked. Unknown ones are
 * remembered as well: a client that goes on with a revoked token costs the database nothing.
 */
export function cacheAccessTokens(
  finder: AccessTokenFinder,
  ports: { readonly now: () => number; readonly maxEntries?: number },
): AccessTokenFinder & { clear(): void } {
  const { now, maxEntries = 10_000 } = ports;
  let known = new Map<string, { readonly found: FoundAccessToken | undefined; readonly untilMs: number }>();
  let generation = 0;
  return {
    findAccessToken(digest) {
      const hit = known.get(digest);
      if (hit && now() < hit.untilMs) return hit.found;
      const asked = generation;
      const remember = (found: FoundAccessToken | undefined): FoundAccessToken | undefined => {
        // What was read before a revocation must not outlive it.
        if (asked === generation) {
          if (known.size >= maxEntries) known = new Map();
          known.set(digest, { found, untilMs: now() + KEEP_MS });
        }
        return found;
      };
      const found = finder.findAccessToken(digest);
      return found instanceof Promise ? found.then(remember) : remember(found);
    },
    clear() {
      generation++;
      known = new Map();
    },
  };
}
