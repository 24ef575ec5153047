import { readFileSync } from 'node:fs';

/** A token that may change under us. `read` answers the newest known value, or undefined while there is none. */
export interface RotatingToken {
  read(): string | undefined;
}

/** The kubelet rotates a bound token at 80 % of its life (an hour at the least), so half a minute is soon enough. */
const REREAD_AFTER_MS = 30_000;

/**
 * Reads a service-account token file and re-reads it as it rotates. A file that cannot be read for a moment keeps the
 * last value: the API server decides whether that is still good.
 */
export function readTokenFile(path: string, now: () => number): RotatingToken {
  let value: string | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    read() {
      if (now() - readAtMs >= REREAD_AFTER_MS) {
        readAtMs = now();
        try {
          value = readFileSync(path, 'utf8').trim() || value;
        } catch {
          // Keep the last value; see above.
        }
      }
      return value;
    },
  };
}
