import { GatehouseError } from '#errors';

/** Milliseconds until more credentials that nobody has may be looked up; 0: now. */
export interface MissWaits {
  /** For this source. */
  readonly source: number;
  /** For all of them together. */
  readonly all: number;
}

export interface MissLimit {
  /**
   * Looks a credential up for a source. What was found before is always looked up again; what nobody has costs the
   * source one. @throws GatehouseError tooManyRequests, and what `read` throws.
   */
  lookUp<T>(source: string, key: string, read: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Look-ups that were refused since the beginning. */
  refused(): number;
}

export interface MissLimitPorts {
  /** Takes one from the allowance of this source and of all; asked for after each miss. */
  take(source: string): Promise<MissWaits>;
  now(): number;
}

/** Credentials that were good here, and sources that have to wait. */
const MAX_REMEMBERED = 50_000;
/** Whoever has used up an allowance waits so long at the least, so that a flood asks for it once a second. */
const MIN_WAIT_MS = 1_000;
/**
 * While a source waits, so many of its look-ups (of all such sources together) go on, each holding its place so long:
 * 64 a second. A good credential that was never seen here, behind the same address as a flood, gets in by trying again.
 */
const PLACES = 16;
const PLACE_MS = 250;

/**
 * A made-up credential of the right form costs the database a look-up, which anybody can ask for. So what is limited is
 * look-ups that find nothing, by source and in total: people with a good credential never use any of it up, however
 * many are behind one address.
 */
export function createMissLimit({ take, now }: MissLimitPorts): MissLimit {
  const good = new Set<string>();
  const waitingUntilMs = new Map<string, number>();
  let allUntilMs = 0;
  let taken = 0;
  let refused = 0;

  function msToWait(source: string): number {
    const untilMs = waitingUntilMs.get(source) ?? 0;
    const nowMs = now();
    if (untilMs <= nowMs) waitingUntilMs.delete(source);
    return Math.max(untilMs, allUntilMs) - nowMs;
  }

  async function charge(source: string): Promise<void> {
    const waits = await take(source);
    const until = (waitMs: number): number => now() + Math.max(MIN_WAIT_MS, waitMs);
    if (waits.all > 0) allUntilMs = Math.max(allUntilMs, until(waits.all));
    if (waits.source === 0) return;
    if (waitingUntilMs.size >= MAX_REMEMBERED) waitingUntilMs.clear();
    waitingUntilMs.set(source, until(waits.source));
  }

  function remember(key: string): void {
    if (good.has(key)) return;
    if (good.size >= MAX_REMEMBERED) good.delete(good.values().next().value as string);
    good.add(key);
  }

  return {
    async lookUp(source, key, read) {
      const waitMs = good.has(key) ? 0 : msToWait(source);
      if (waitMs > 0) {
        if (taken >= PLACES) {
          refused++;
          throw new GatehouseError(
            'tooManyRequests',
            `too many credentials that nobody has were sent from your address, or to this gateway; try again in ${Math.ceil(waitMs / 1000)} s`,
          );
        }
        taken++;
        setTimeout(() => taken--, PLACE_MS).unref();
      }
      const found = await read();
      if (found !== undefined) remember(key);
      else {
        good.delete(key);
        // Nobody waits for it; where it cannot be asked for, this look-up was free.
        charge(source).catch(() => {});
      }
      return found;
    },
    refused: () => refused,
  };
}
