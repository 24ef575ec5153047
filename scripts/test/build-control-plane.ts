import { buildBinaries, type Binaries } from '../../test/cluster/build-binaries.ts';
import { brokenLane, type Outcome } from './outcome.ts';

/** Builds the control plane before any lane: with an empty cache that takes longer than a test's time-out. */
export async function buildControlPlane(): Promise<{ outcome: Outcome; binaries: Binaries | undefined }> {
  try {
    const binaries = await buildBinaries((line) => console.log(line));
    return { outcome: { name: 'control plane', passed: 0, failed: 0, problems: [] }, binaries };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { outcome: brokenLane('control plane', problem), binaries: undefined };
  }
}
