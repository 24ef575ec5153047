import { describe, expect, test } from 'vitest';
import { followSnapshot, type FollowPorts } from './follow-snapshot.ts';

/** A store whose revision a test moves, and whose reads it may hold or fail. */
class MovingStore implements FollowPorts {
  revision = 1;
  fault: Error | undefined;
  readonly listeners = new Set<() => void>();
  readonly problems: unknown[] = [];
  beforeRead = async (): Promise<void> => {};

  change(): void {
    this.revision += 1;
    for (const listener of this.listeners) listener();
  }
  readRevision = async (): Promise<number> => {
    if (this.fault) throw this.fault;
    return this.revision;
  };
  readAll = async (): Promise<{ revision: number; objects: [] }> => {
    const { revision } = this;
    await this.beforeRead();
    if (this.fault) throw this.fault;
    return { revision, objects: [] };
  };
  onChange = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  /** Acts at once, and tells how long it should have waited. */
  readonly pauses: number[] = [];
  later = (act: () => void, milliseconds: number): (() => void) => {
    this.pauses.push(milliseconds);
    const timer = setImmediate(act);
    return () => clearImmediate(timer);
  };
  onProblem = (error: unknown): void => void this.problems.push(error);
  openCluster = (): Promise<never> => Promise.reject(new Error('there is no cluster here'));
}

describe('the snapshot in force', () => {
  test('a first one that cannot be read fails the start, and nothing goes on listening', async () => {
    const store = new MovingStore();
    store.fault = new Error('down');
    await expect(followSnapshot(store)).rejects.toThrow('down');
    expect(store.listeners.size).toBe(0);
  });

  test('a change that cannot be read is told of once, the last good one stays, and it is read again until it can be', async () => {
    const store = new MovingStore();
    const source = await followSnapshot(store);
    const fault = (store.fault = new Error('down'));
    store.change();
    await expect.poll(() => store.pauses.length).toBeGreaterThan(8);
    expect(source.current().revision).toBe(1);
    expect(store.problems).toEqual([fault]);
    expect(store.pauses.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    store.fault = undefined;
    await expect.poll(() => source.current().revision).toBe(2);
    source.stop();
  });

  test('a change while the first one is being read is not missed', async () => {
    const store = new MovingStore();
    store.beforeRead = async () => {
      store.beforeRead = async () => {};
      await Promise.resolve();
      store.change();
    };
    const source = await followSnapshot(store);
    await expect.poll(() => source.current().revision).toBe(2);
  });

  test('who refreshes never gets an older state than there was when asking, however many ask', async () => {
    const store = new MovingStore();
    const source = await followSnapshot(store);
    const seen = await Promise.all(
      [0, 1, 2, 3].map(async (at) => {
        if (at % 2 === 1) store.revision += 1;
        const wanted = store.revision;
        await source.refresh();
        return source.current().revision >= wanted;
      }),
    );
    expect(seen).toEqual([true, true, true, true]);
  });
});
