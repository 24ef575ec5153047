import { readFileSync } from 'node:fs';

/** A file that may change under us. `read` answers the newest known text, or undefined while there is none. */
export interface RotatingFile {
  read(): string | undefined;
}

/** The kubelet rotates a bound token at 80 % of its life (an hour at the least), so half a minute is soon enough. */
const REREAD_AFTER_MS = 30_000;

/**
 * Reads a file of a pod's service account and re-reads it as it rotates. One that cannot be read for a moment keeps the
 * last text: the API server decides whether that is still good.
 */
export function readRotatingFile(path: string, now: () => number): RotatingFile {
  let value: string | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    read() {
      // Either way round: a clock that was set back must not make it wait.
      if (Math.abs(now() - readAtMs) >= REREAD_AFTER_MS) {
        readAtMs = now();
        try {
          value = readFileSync(path, 'utf8').trim() || value;
        } catch {
          // Keep the last text; see above.
        }
      }
      return value;
    },
  };
}
