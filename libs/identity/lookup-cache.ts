import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { LimitLookup } from './ports.ts';
import { gatherReads, type ReadMany } from './gather-reads.ts';

/** Bounds the effect of a lost notification; a revocation drops entries at once (`forgetWhere`). */
const KEEP_MS = 5_000;
/** One that is used in its last second is read again meanwhile, so that nobody waits for it. */
const AHEAD_MS = 1_000;
/** Company that a read ahead waits for: a thousand people are forty reads a second, not two hundred. */
const GATHER_MS = 25;

export interface LookupCache<T> {
  /** What is remembered, or a promise of what is read; absence is remembered as well. */
  get(key: string, sourceAddress?: string): T | undefined | Promise<T | undefined>;
  /** Replaces what is remembered, where something is. */
  replace(key: string, change: (found: T) => T): void;
  forget(key: string): void;
  /** Drops the entries that match. A read that is under way is returned to its caller, but not cached. */
  forgetWhere(matches: (found: T) => boolean): void;
  clear(): void;
}

interface Remembered<T> {
  readonly found: T | undefined;
  readonly untilMs: number;
  readAhead: boolean;
}

/**
 * Look-ups of credentials, cached for some seconds and dropped when a credential of the same person is revoked. A client that goes
 * on with a revoked credential costs the database nothing. Bounded: a full cache begins anew.
 */
export function createLookupCache<T>(
  readMany: ReadMany<T>,
  ports: {
    readonly now: () => number;
    readonly maxEntries?: number;
    readonly pause?: () => Promise<unknown>;
    readonly limit?: LimitLookup | undefined;
  },
): LookupCache<T> {
  const { now, limit, maxEntries = 10_000, pause = () => setTimeout(GATHER_MS, undefined, { ref: false }) } = ports;
  const read = gatherReads(readMany);
  const readLater = gatherReads(readMany, pause);
  let known = new Map<string, Remembered<T>>();
  let generation = 0;

  async function ask(key: string, by: (key: string) => Promise<T | undefined>): Promise<T | undefined> {
    const asked = generation;
    const untilMs = now() + KEEP_MS;
    const found = await by(key);
    // What was read before a revocation must not outlive it.
    if (asked !== generation) return found;
    const before = known.get(key)?.found;
    // Of an equal one later stages know already what it means.
    const same = before !== undefined && isDeepStrictEqual(before, found) ? before : found;
    if (known.size >= maxEntries && !known.has(key)) known = new Map();
    known.set(key, { found: same, untilMs, readAhead: false });
    return same;
  }

  return {
    get(key, sourceAddress = '') {
      const hit = known.get(key);
      const leftMs = hit ? hit.untilMs - now() : 0;
      // More is left than was given: the clock was set back, and an entry must not live longer by it.
      if (!hit || leftMs <= 0 || leftMs > KEEP_MS)
        return limit ? limit(sourceAddress, key, () => ask(key, read)) : ask(key, read);
      // Not of what nobody has: that look-up would count for nobody.
      if (leftMs <= AHEAD_MS && !hit.readAhead && hit.found !== undefined) {
        hit.readAhead = true;
        // One that failed is asked again, and told, when its time has run out.
        ask(key, readLater).catch(() => {});
      }
      return hit.found;
    },
    replace(key, change) {
      const hit = known.get(key);
      if (hit?.found !== undefined) known.set(key, { ...hit, found: change(hit.found) });
    },
    forget(key) {
      // One that is being asked for now may be of before.
      generation++;
      known.delete(key);
    },
    forgetWhere(matches) {
      generation++;
      for (const [key, { found }] of known) if (found !== undefined && matches(found)) known.delete(key);
    },
    clear() {
      generation++;
      known = new Map();
    },
  };
}
