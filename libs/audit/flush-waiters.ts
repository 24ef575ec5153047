import type { AuditClock } from './ports.ts';

/** Callers that wait until everything up to a position is saved, in whatever order that happens. */
export interface FlushWaiters {
  /** @param unsaved how many entries up to `upTo` are not saved yet. Rejects with `late()` after the wait. */
  wait(upTo: number, unsaved: number): Promise<void>;
  /** These were saved. */
  saved(entries: readonly { readonly position: number }[]): void;
  count(): number;
}

interface Waiter {
  readonly upTo: number;
  unsaved: number;
  readonly timer: unknown;
  resolve(): void;
}

export function createFlushWaiters(options: {
  readonly waitMs: number;
  readonly clock: AuditClock;
  late(): Error;
}): FlushWaiters {
  const { clock } = options;
  const waiters = new Set<Waiter>();
  return {
    wait: (upTo, unsaved) =>
      new Promise((resolve, reject) => {
        const timer = clock.setTimeout(() => {
          waiters.delete(waiter);
          reject(options.late());
        }, options.waitMs);
        const waiter: Waiter = { upTo, unsaved, timer, resolve };
        waiters.add(waiter);
      }),
    saved(entries) {
      for (const waiter of waiters) {
        for (const { position } of entries) if (position <= waiter.upTo) waiter.unsaved -= 1;
        if (waiter.unsaved > 0) continue;
        waiters.delete(waiter);
        clock.clearTimeout(waiter.timer);
        waiter.resolve();
      }
    },
    count: () => waiters.size,
  };
}
