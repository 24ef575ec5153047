/**
 * Runs `act` once at a time. A call that comes during a run waits for one more, which begins after it, so that no caller
 * gets an older state than it asked for, and no older read ends behind a newer one.
 */
export function oneAtATime(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const run = (): Promise<void> => {
    if (!running) {
      running = act().finally(() => (running = undefined));
      return running;
    }
    again ??= running
      .catch(() => {})
      .then(() => {
        again = undefined;
        return run();
      });
    return again;
  };
  return run;
}
