import type { AuditClock } from './ports.ts';

export interface StoreWatchOptions {
  /** Writes to the store and commits, durably, without leaving a row. */
  readonly probe: () => Promise<void>;
  /** How often the store is probed while nothing else shows that it can be written. */
  readonly probeEveryMs: number;
  /** Not ready once the store has not been writable for so long. */
  readonly failAfterMs: number;
  /** Ready again once the store has been writable for so long. */
  readonly recoverAfterMs: number;
  /** When a commit of records last succeeded, by the clock. */
  readonly lastSavedAtMs: () => number | undefined;
  /** Age of the oldest unsaved record; 0 while there is none. */
  readonly unsavedAgeMs: () => number;
  /** Called with each failed probe. */
  readonly onError: (error: unknown) => void;
  readonly clock: AuditClock;
}

export interface StoreWatch {
  /** Resolves with the end of the first probe, however it ended. */
  readonly firstProbe: Promise<void>;
  /** For how long the store has not been writable, as far as probes and records show; 0 while it is. */
  stalledMs(): number;
  /**
   * Whether traffic should come here. False until the store was written once, after `failAfterMs` of a stall, and from
   * then until `recoverAfterMs` without one: a short stall of a database that all replicas share must not take all of
   * them out of a load balancer.
   */
  ready(): boolean;
  stop(): void;
}

/**
 * Finds out by itself whether the audit log can be written, also where nobody sends requests. A probe that hangs counts
 * from when it began, like one that failed.
 */
export function watchStore(options: StoreWatchOptions): StoreWatch {
  const { clock } = options;
  let probing = false;
  let stopped = false;
  let timer: unknown;
  /** Since when no probe has succeeded that began then or later. */
  let failingSinceMs: number | undefined;
  let ready = false;
  let everWritten = false;
  let writableSinceMs: number | undefined;

  function stalledMs(): number {
    const saved = options.lastSavedAtMs();
    // A commit of records is as good as a probe.
    const failing = failingSinceMs !== undefined && (saved === undefined || saved < failingSinceMs);
    return Math.max(options.unsavedAgeMs(), failing ? clock.now() - (failingSinceMs as number) : 0);
  }

  function judge(): void {
    const stalled = stalledMs();
    if (ready) {
      if (stalled >= options.failAfterMs) {
        ready = false;
        writableSinceMs = undefined;
      }
      return;
    }
    if (!everWritten || stalled >= options.probeEveryMs) {
      writableSinceMs = undefined;
      return;
    }
    writableSinceMs ??= clock.now();
    if (clock.now() - writableSinceMs >= options.recoverAfterMs) ready = true;
  }

  async function probe(): Promise<void> {
    probing = true;
    const startedAtMs = clock.now();
    failingSinceMs ??= startedAtMs;
    try {
      await options.probe();
      failingSinceMs = undefined;
      // At the start nothing has failed yet that could come back.
      if (!everWritten) ready = true;
      everWritten = true;
      judge();
    } catch (error) {
      options.onError(error);
    } finally {
      probing = false;
    }
  }

  function tick(): void {
    if (stopped) return;
    judge();
    const saved = options.lastSavedAtMs();
    const isKnown = saved !== undefined && everWritten && clock.now() - saved < options.probeEveryMs;
    if (!probing && !isKnown) void probe();
    timer = clock.setTimeout(tick, options.probeEveryMs);
  }

  const firstProbe = probe();
  timer = clock.setTimeout(tick, options.probeEveryMs);
  return {
    firstProbe,
    stalledMs,
    ready() {
      judge();
      return ready;
    },
    stop() {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}
