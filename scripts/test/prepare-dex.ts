import { buildDex } from '../../test/dex/build-dex.ts';
import { brokenLane, type Outcome } from './outcome.ts';

/** Builds Dex before any lane: with an empty cache that takes longer than a test's time-out. */
export async function prepareDex(): Promise<Outcome> {
  try {
    await buildDex((line) => console.log(line));
    return { name: 'Dex', passed: 0, failed: 0, problems: [] };
  } catch (error) {
    return brokenLane('Dex', error instanceof Error ? error.message : String(error));
  }
}
