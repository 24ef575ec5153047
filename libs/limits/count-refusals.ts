import type { ErrorCode } from '#errors';
import { sourceOf } from './source-of.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** Refusals of one source that were counted instead of recorded. */
export interface CountedRefusals {
  /** As `sourceOf` gives it; '' for all that came when no more sources could be told apart. */
  readonly source: string;
  readonly codes: ReadonlyMap<ErrorCode, number>;
  readonly count: number;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface RefusalCounter {
  /** True where this refusal gets a record of its own; else it has been counted. */
  admit(address: string, code: ErrorCode): boolean;
  /** What was counted since the last call, one entry a source. */
  take(): CountedRefusals[];
  /** Counted since the beginning. */
  total(): number;
}

/** Sources that are told apart. */
const MAX_SOURCES = 10_000;
/** What all sources together may have recorded one by one, in allowances of one source. */
const SOURCES_AT_ONCE = 10;

interface Entry {
  readonly source: string;
  readonly codes: Map<ErrorCode, number>;
  count: number;
  readonly firstMs: number;
  lastMs: number;
}

/**
 * An anonymous flood must not fill the log and thereby stop everyone (the gateway takes no request that it cannot
 * record). So requests that were refused before anybody was identified are recorded one by one up to an allowance for
 * each source and one for all; beyond it they are counted. Costs a look-up or two; memory is bounded.
 */
export function createRefusalCounter(
  settings: { readonly burstPerSource: number; readonly perMinutePerSource: number },
  now: () => number,
): RefusalCounter {
  const bySource = createTokenBuckets({
    burst: settings.burstPerSource,
    perMinute: settings.perMinutePerSource,
    maxKeys: MAX_SOURCES,
  });
  const all = createTokenBuckets({
    burst: settings.burstPerSource * SOURCES_AT_ONCE,
    perMinute: settings.perMinutePerSource * SOURCES_AT_ONCE,
    maxKeys: 1,
  });
  let counted = new Map<string, Entry>();
  let total = 0;

  function entryOf(source: string, nowMs: number): Entry {
    const known = counted.get(source);
    if (known) return known;
    if (source !== '' && counted.size >= MAX_SOURCES) return entryOf('', nowMs);
    const entry: Entry = { source, codes: new Map(), count: 0, firstMs: nowMs, lastMs: nowMs };
    counted.set(source, entry);
    return entry;
  }

  return {
    admit(address, code) {
      const source = sourceOf(address);
      const nowMs = now();
      // In this order: a source that has used up its own allowance takes nothing from the others.
      if (bySource.take(source, nowMs) === 0 && all.take('', nowMs) === 0) return true;
      const entry = entryOf(source, nowMs);
      entry.count++;
      total++;
      entry.lastMs = nowMs;
      entry.codes.set(code, (entry.codes.get(code) ?? 0) + 1);
      return false;
    },
    take() {
      const entries = [...counted.values()];
      counted = new Map();
      return entries;
    },
    total: () => total,
  };
}
