import { describeError } from '#errors';
import type { Log } from './log.ts';

export interface CloseOptions {
  /** How long open requests may go on. Default: `timeouts.shutdownGraceSeconds`. */
  readonly graceMs?: number;
  /** How long to go on saving audit records while the store fails. Default: SAVE_WITHIN_MS. */
  readonly saveWithinMs?: number;
}

/*
 * A shutdown is bounded, whatever hangs: the grace for open requests, the time to save audit records, and
 * ENDS_WITHIN_MS for all the rest. docs/operations.md states the sum, and `terminationGracePeriodSeconds` there must
 * be longer.
 */
export const SAVE_WITHIN_MS = 10_000;
/** A step that takes no time where nothing hangs. */
export const STEP_WITHIN_MS = 500;
/** For a worker to end, beside its grace and the saving: its steps, and its store. */
export const WORKER_ENDS_WITHIN_MS = 4_000;
/** For the whole gateway: the workers, and then what the supervisor has. */
export const ENDS_WITHIN_MS = 8_000;

/** Of a process that had an uncaught exception: requests are cut, and what they recorded is saved. */
export const CRASH: Required<CloseOptions> = { graceMs: 0, saveWithinMs: 2_000 };
/** Where nothing can be saved any more. */
export const NOTHING_TO_SAVE: Required<CloseOptions> = { graceMs: 0, saveWithinMs: 0 };

/** What a shutdown with these options may take, beside ENDS_WITHIN_MS or WORKER_ENDS_WITHIN_MS. */
export const graceAndSaving = (
  { graceMs, saveWithinMs = SAVE_WITHIN_MS }: CloseOptions,
  shutdownGraceSeconds: number,
): number => (graceMs ?? shutdownGraceSeconds * 1000) + saveWithinMs;

/** Waits for an act, but no longer than this. @throws what the act throws, or Error where it is late. */
export async function finishWithin(withinMs: number, what: string, act: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${withinMs} ms`)), withinMs);
  });
  // Nothing awaits an act that fails after its time is over; that must not be an unhandled rejection.
  const done = (async () => void (await act()))();
  done.catch(() => {});
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface StepOptions {
  /** Default: STEP_WITHIN_MS. */
  withinMs?(options: CloseOptions): number;
  /** Where it fails something may be lost, and so the shutdown has failed. Default: false, the failure is only logged. */
  readonly saves?: boolean;
}

export interface Steps {
  /** Run before those that were added earlier. */
  add(what: string, act: (options: CloseOptions) => unknown, how?: StepOptions): void;
  /** Runs all steps, each once, however many fail or hang. @throws what the last failed one that `saves` threw. */
  close(options?: CloseOptions): Promise<void>;
}

/** What is to be closed, in the reverse order of opening. */
export function createSteps(log: Log): Steps {
  const steps: { what: string; act(options: CloseOptions): unknown; how: StepOptions }[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (options: CloseOptions): Promise<void> => {
    const failures: unknown[] = [];
    for (const { what, act, how } of steps.toReversed()) {
      try {
        await finishWithin(how.withinMs?.(options) ?? STEP_WITHIN_MS, what, () => act(options));
      } catch (error) {
        if (how.saves) failures.push(error);
        log.warn('a step of the shutdown failed', { step: what, error: describeError(error) });
      }
    }
    if (failures.length > 0) throw failures.at(-1);
  };
  return {
    add: (what, act, how = {}) => void steps.push({ what, act, how }),
    close: (options = {}) => (closing ??= closeAll(options)),
  };
}
