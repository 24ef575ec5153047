import { expect } from 'vitest';
import type { OpenWatch } from './open-watch.ts';

/** Cut within a second is promised; asserted at five times that, and the real value printed. */
const CUT_WITHIN_MS = 5_000;

/** Does what is to cut the watch, and measures when the far socket saw its end. */
export async function measureCut(
  what: string,
  cut: () => Promise<unknown>,
  watch: Pick<OpenWatch, 'ended'>,
): Promise<void> {
  const startedAt = Date.now();
  await cut();
  const endedAt = await Promise.race([
    watch.ended,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`${what}: not cut`)), CUT_WITHIN_MS).unref()),
  ]);
  console.log(`${what}: the far socket saw the end after ${endedAt - startedAt} ms`);
  expect(endedAt - startedAt).toBeLessThan(CUT_WITHIN_MS);
}
