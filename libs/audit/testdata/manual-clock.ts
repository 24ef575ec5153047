import type { AuditClock } from '../ports.ts';

/** A clock that moves when the test says so. */
export function createManualClock(): AuditClock & { advance(milliseconds: number): Promise<void> } {
  let now = 0;
  let timers: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    setTimeout(act, milliseconds) {
      const timer = { at: now + milliseconds, act };
      timers.push(timer);
      return timer;
    },
    clearTimeout(timer) {
      timers = timers.filter((each) => each !== timer);
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await settle();
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = next.at;
        timers = timers.filter((timer) => timer !== next);
        next.act();
      }
      now = end;
    },
  };
}

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
