/** Behind a lost notification; what is revoked is told at once (`clear`). */
const KEEP_MS = 5_000;

export interface LookupCache<T> {
  /** What is remembered, or what `find` answers; absence is remembered as well. */
  get(key: string): T | undefined | Promise<T | undefined>;
  /** Replaces what is remembered, where something is. */
  replace(key: string, value: T): void;
  forget(key: string): void;
  clear(): void;
}

/**
 * Look-ups of credentials, remembered for some seconds and forgotten whenever something was revoked. A client that goes
 * on with a revoked credential costs the database nothing. Bounded: a full cache begins anew.
 */
export function createLookupCache<T>(
  find: (key: string) => T | undefined | Promise<T | undefined>,
  ports: { readonly now: () => number; readonly maxEntries?: number },
): LookupCache<T> {
  const { now, maxEntries = 10_000 } = ports;
  let known = new Map<string, { readonly found: T | undefined; readonly untilMs: number }>();
  let generation = 0;
  return {
    get(key) {
      const hit = known.get(key);
      if (hit && now() < hit.untilMs) return hit.found;
      const asked = generation;
      const remember = (found: T | undefined): T | undefined => {
        // What was read before a revocation must not outlive it.
        if (asked === generation) {
          if (known.size >= maxEntries) known = new Map();
          known.set(key, { found, untilMs: now() + KEEP_MS });
        }
        return found;
      };
      const found = find(key);
      return found instanceof Promise ? found.then(remember) : remember(found);
    },
    replace(key, value) {
      const hit = known.get(key);
      if (hit?.found !== undefined) known.set(key, { ...hit, found: value });
    },
    forget(key) {
      // One that is being asked for now may be of before.
      generation++;
      known.delete(key);
    },
    clear() {
      generation++;
      known = new Map();
    },
  };
}
