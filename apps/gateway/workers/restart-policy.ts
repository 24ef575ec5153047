/** How a worker ended. */
export interface WorkerEnd {
  /** It ended before it served. */
  readonly whileStarting: boolean;
  /** What stopped it is outside and may pass (the database cannot be reached): that never ends the gateway. */
  readonly mayPass: boolean;
  readonly livedMs: number;
}

export type Verdict = { readonly act: 'restart'; readonly afterMs: number } | { readonly act: 'giveUp' };

const STARTS_THAT_MAY_FAIL = 5;
const WITHIN_MS = 30_000;
const HEALTHY_AFTER_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * The first crash is answered at once, repeated ones with growing pauses, until a worker has lived for a while. Workers
 * that cannot even start, five times within 30 s, will not start the sixth time either.
 */
export function createRestartPolicy(now: () => number): (end: WorkerEnd) => Verdict {
  let failedStarts: number[] = [];
  let inARow = 0;
  return ({ whileStarting, mayPass, livedMs }) => {
    if (livedMs >= HEALTHY_AFTER_MS) inARow = 0;
    if (whileStarting && !mayPass) {
      failedStarts = [...failedStarts.filter((at) => at > now() - WITHIN_MS), now()];
      if (failedStarts.length >= STARTS_THAT_MAY_FAIL) return { act: 'giveUp' };
    }
    const afterMs = inARow === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (inARow - 1), LONGEST_PAUSE_MS);
    inARow += 1;
    return { act: 'restart', afterMs };
  };
}
