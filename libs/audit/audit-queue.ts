import { GatehouseError } from '#errors';
import type { AuditRecord } from '#model';
import type { AuditStore } from './ports.ts';
import { createOverflow } from './overflow.ts';

/** Time as an argument; `systemClock` shape of Node fits. */
export interface AuditClock {
  now(): number;
  setTimeout(act: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface AuditQueueOptions {
  /** From this many waiting records on the queue is not healthy. Anonymous refusals are counted from half of it on. */
  readonly maxQueued: number;
  /** How long a record waits for company before its group is committed. */
  readonly flushEveryMs: number;
  /** Records of one transaction; a full group is committed at once. */
  readonly maxBatch: number;
  /** Told of each failed commit. Never given a record. */
  readonly onError: (error: unknown) => void;
  readonly clock: AuditClock;
  /** Given what `close` could not save, and what comes after it, so that the program may put it elsewhere. */
  readonly onUnsaved?: (records: readonly AuditRecord[]) => void;
}

export interface AuditQueueStats {
  readonly queued: number;
  readonly saved: number;
  readonly failedCommits: number;
  /** Refusals that were counted instead of kept one by one, because the queue was full. */
  readonly counted: number;
  /** Since a record was saved while others wait; 0 while none does. */
  readonly waitingMs: number;
}

export interface AuditQueue {
  /** Keeps a record until it is saved. Never throws, never blocks. */
  record(record: AuditRecord): void;
  /**
   * Resolves when the record is durable.
   * @throws GatehouseError auditUnavailable where its commit failed or the store is known to fail. The record stays queued.
   */
  recordDurably(record: AuditRecord): Promise<void>;
  /** Resolves when everything recorded so far is durable. @throws GatehouseError auditUnavailable. */
  flush(): Promise<void>;
  /** False from a failed commit until one succeeds, while full, and once closed: then no request may be taken. */
  healthy(): boolean;
  /** Saves what is left. @throws GatehouseError auditUnavailable where that failed for `withinMs` (default 10,000). */
  close(withinMs?: number): Promise<void>;
  stats(): AuditQueueStats;
}

interface Waiter {
  /** Resolves when this many records, counted from the beginning, are saved. */
  readonly position: number;
  resolve(): void;
  reject(error: Error): void;
}

const CLOSE_WITHIN_MS = 10_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * Group commit: one transaction at a time; what arrives meanwhile is the next group, so that the cost of one fsync is
 * shared by all who wait for it. A failed group stays at the head and is retried, in order, with growing pauses.
 */
export function createAuditQueue(store: Pick<AuditStore, 'append'>, options: AuditQueueOptions): AuditQueue {
  const { clock, maxBatch, maxQueued } = options;
  const overflow = createOverflow();
  let queue: AuditRecord[] = [];
  let waiters: Waiter[] = [];
  let saved = 0;
  let waitingSinceMs = 0;
  let failedCommits = 0;
  let failuresInARow = 0;
  let committing = false;
  let timer: unknown;
  let closing = false;
  let closed = false;
  const whenEmpty: (() => void)[] = [];

  const unavailable = (cause?: unknown) => new GatehouseError('auditUnavailable', undefined, { cause });

  function schedule(milliseconds: number): void {
    timer ??= clock.setTimeout(() => {
      timer = undefined;
      void commit();
    }, milliseconds);
  }

  function commitSoon(): void {
    if (!committing && failuresInARow === 0) retryNow();
  }

  /** As commitSoon, without waiting for the end of a pause. */
  function retryNow(): void {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
    void commit();
  }

  async function commit(): Promise<void> {
    if (committing || closed) return;
    if (queue.length === 0) queue.push(...overflow.take());
    if (queue.length === 0) return;
    committing = true;
    const batch = queue.slice(0, maxBatch);
    try {
      await store.append(batch);
      queue = queue.slice(batch.length);
      saved += batch.length;
      waitingSinceMs = clock.now();
      failuresInARow = 0;
      settle(
        (waiter) => waiter.position <= saved,
        (waiter) => waiter.resolve(),
      );
    } catch (error) {
      failedCommits += 1;
      failuresInARow += 1;
      // Who waits is told at once; their records stay, because what they say did happen.
      settle(
        () => true,
        (waiter) => waiter.reject(unavailable(error)),
      );
      options.onError(error);
    } finally {
      committing = false;
    }
    goOn();
  }

  function goOn(): void {
    if (failuresInARow > 0) return schedule(Math.min(FIRST_RETRY_MS * 2 ** (failuresInARow - 1), LONGEST_RETRY_MS));
    if (queue.length >= maxBatch || waiters.length > 0 || closing || overflow.count() > 0) {
      if (queue.length > 0 || overflow.count() > 0) return void commit();
      for (const resolve of whenEmpty.splice(0)) resolve();
      return;
    }
    if (queue.length > 0) schedule(options.flushEveryMs);
  }

  function settle(which: (waiter: Waiter) => boolean, act: (waiter: Waiter) => void): void {
    const chosen = waiters.filter(which);
    waiters = waiters.filter((waiter) => !which(waiter));
    chosen.forEach(act);
  }

  function record(entry: AuditRecord): void {
    if (closed) return options.onUnsaved?.([entry]);
    // Half of the room is for those who are somebody: nobody without a credential can make the queue full.
    const room = entry.decision === 'refused' && entry.username === '' ? maxQueued / 2 : maxQueued;
    if (queue.length >= room && overflow.add(entry)) return;
    if (queue.length === 0) waitingSinceMs = clock.now();
    queue.push(entry);
    if (queue.length >= maxBatch || closing) commitSoon();
    else if (!committing) schedule(options.flushEveryMs);
  }

  function whenSaved(): Promise<void> {
    if (queue.length === 0) return Promise.resolve();
    if (failuresInARow > 0 || closed) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      waiters.push({ position: saved + queue.length, resolve, reject });
      commitSoon();
    });
  }

  async function drain(withinMs: number): Promise<void> {
    if (queue.length === 0 && overflow.count() === 0) return;
    const emptied = new Promise<boolean>((resolve) => {
      whenEmpty.push(() => resolve(true));
      const limit = clock.setTimeout(() => resolve(false), withinMs);
      whenEmpty.push(() => clock.clearTimeout(limit));
    });
    retryNow();
    if (await emptied) return;
    const unsaved = [...queue, ...overflow.take()];
    options.onUnsaved?.(unsaved);
    throw new GatehouseError('auditUnavailable', `${unsaved.length} audit records could not be saved`);
  }

  let closedOnce: Promise<void> | undefined;
  return {
    record,
    recordDurably(entry) {
      record(entry);
      return whenSaved();
    },
    flush: whenSaved,
    healthy: () => failuresInARow === 0 && queue.length < maxQueued && !closing,
    close(withinMs = CLOSE_WITHIN_MS) {
      closing = true;
      closedOnce ??= drain(withinMs).finally(() => {
        closed = true;
        if (timer !== undefined) clock.clearTimeout(timer);
      });
      return closedOnce;
    },
    stats: () => ({
      queued: queue.length,
      saved,
      failedCommits,
      counted: overflow.counted(),
      waitingMs: queue.length === 0 ? 0 : clock.now() - waitingSinceMs,
    }),
  };
}
