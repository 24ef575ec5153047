import type { Writable } from 'node:stream';

/** Resolves once more may be written, or it is closed. */
export function drained(into: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      into.off('drain', go);
      into.off('close', go);
      resolve();
    };
    into.on('drain', go);
    into.on('close', go);
  });
}
