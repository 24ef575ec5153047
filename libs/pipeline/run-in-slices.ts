import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 8;
/** Of one person's look-up, of which many may be under way at once. */
const SHORT_SLICE_MS = 2;

/**
 * Runs work that is cut into steps, and lets requests be served in between: ten thousand rules compile in a second or
 * so, and no request waits for more than a slice of it.
 */
export async function runInSlices<T>(steps: Generator<void, T>, sliceMs = SLICE_MS): Promise<T> {
  for (;;) {
    const done = runSlice(steps, sliceMs);
    if (done !== undefined) return done.value;
    await nextTurn();
  }
}

/** The same, answered at once where one short slice is enough. */
export function runAtOnceOrInSlices<T>(steps: Generator<void, T>): T | Promise<T> {
  const done = runSlice(steps, SHORT_SLICE_MS);
  return done !== undefined ? done.value : nextTurn().then(() => runInSlices(steps, SHORT_SLICE_MS));
}

function runSlice<T>(steps: Generator<void, T>, sliceMs: number): { readonly value: T } | undefined {
  const until = performance.now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done) return { value: step.value };
    if (performance.now() >= until) return undefined;
  }
}
