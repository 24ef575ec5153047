import { describeError } from '#errors';
import type { ResourceObject } from '#resources';
import { oneAtATime } from './one-at-a-time.ts';
import { compileSnapshot, type CompilePorts, type Snapshot } from './snapshot.ts';

export interface SnapshotSource {
  current(): Snapshot;
  /** Reads and compiles now; resolves when a snapshot of at least the store's revision at the call is in force. */
  refresh(): Promise<void>;
  /** How often all objects were read. */
  reads(): number;
  stop(): void;
}

export interface FollowPorts extends CompilePorts {
  readRevision(): Promise<number>;
  readAll(): Promise<{ revision: number; objects: ResourceObject<unknown>[] }>;
  onChange(listener: () => void): () => void;
  /** Told, once, of a change that could not be compiled or read; the last good snapshot stays, and it is tried again. */
  onProblem(error: unknown): void;
  /** Acts after a while; answers how to call that off. */
  later(act: () => void, milliseconds: number): () => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * Holds the snapshot in force and replaces it whole when the store changes. The first compile must succeed; after
 * that a broken change is refused and the last good one stays. What could not be read (the database was away just
 * then) is read again: nobody tells of a change twice, and it may have taken somebody's rights.
 */
export async function followSnapshot(ports: FollowPorts): Promise<SnapshotSource> {
  let snapshot: Snapshot | undefined;
  let reads = 0;

  const load = async (): Promise<void> => {
    // A change of credentials also leads here, and leaves the configuration as it is.
    if (snapshot && (await ports.readRevision()) === snapshot.revision) return;
    reads++;
    const loaded = await ports.readAll();
    if (loaded.revision === snapshot?.revision) return;
    const { snapshot: next, retired } = await compileSnapshot(snapshot, loaded, ports);
    snapshot = next;
    for (const cluster of retired) cluster.close().catch(ports.onProblem);
  };
  const refresh = oneAtATime(load);
  let callOff = (): void => {};
  const follow = async (retryMs: number, told: string): Promise<void> => {
    callOff();
    try {
      await refresh();
    } catch (error) {
      const problem = describeError(error);
      if (problem !== told) ports.onProblem(error);
      callOff = ports.later(() => void follow(Math.min(retryMs * 2, LONGEST_RETRY_MS), problem), retryMs);
    }
  };
  // Listening comes first: a change between the first look and the listening would be missed until the next one.
  const unlisten = ports.onChange(() => void follow(FIRST_RETRY_MS, ''));
  const stop = (): void => {
    unlisten();
    callOff();
  };
  try {
    await refresh();
  } catch (error) {
    stop();
    throw error;
  }
  return { current: () => snapshot as Snapshot, refresh, reads: () => reads, stop };
}
