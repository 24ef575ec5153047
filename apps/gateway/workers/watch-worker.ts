export interface WatchOptions {
  /** Resolves when the worker's event loop has come round to it. */
  ask(): Promise<unknown>;
  /** Called once, for a worker that has not answered in time. */
  onStuck(): void;
  readonly everyMs: number;
  readonly withinMs: number;
}

/**
 * A process that hangs serves nobody and yet is given its share of new connections; who probes the port meets another
 * worker, and sees nothing. So each is asked now and then. Answers how to stop.
 */
export function watchWorker({ ask, onStuck, everyMs, withinMs }: WatchOptions): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const after = (milliseconds: number, act: () => void): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(act, milliseconds);
  };
  const look = (): void => {
    after(withinMs, () => {
      stopped = true;
      onStuck();
    });
    // One that ended is its supervisor's matter.
    ask().then(
      () => after(everyMs, look),
      () => clearTimeout(timer),
    );
  };
  after(everyMs, look);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
