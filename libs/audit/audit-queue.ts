import { GatehouseError } from '#errors';
import type { AuditRecord } from '#model';
import type { AuditClock, AuditStore } from './ports.ts';
import { createFairShare } from './fair-share.ts';
import { createFlushWaiters } from './flush-waiters.ts';
import { createOverflow } from './overflow.ts';

export interface AuditQueueOptions {
  /** From this many unsaved records on the queue is not healthy. Anonymous refusals are counted from half of it on. */
  readonly maxQueued: number;
  /** How long a record waits for company before its group is committed. */
  readonly flushEveryMs: number;
  /** Records of one transaction; a full group is committed at once. */
  readonly maxBatch: number;
  /** How long `recordDurably` and `flush` wait for a commit. */
  readonly writeWaitMs: number;
  /** From this age of the oldest unsaved record on the queue is not healthy. */
  readonly maxUnsavedAgeMs: number;
  /** Called for each failed commit. Must not be called with audit records. */
  readonly onError: (error: unknown) => void;
  readonly clock: AuditClock;
  /** Called with what `close` could not save, and what comes after it, so that the program may put it elsewhere. */
  readonly onUnsaved?: (records: readonly AuditRecord[]) => void;
}

export interface AuditQueueStats {
  readonly queued: number;
  readonly saved: number;
  readonly failedCommits: number;
  /** Refusals that were counted instead of kept one by one, because the queue was full. */
  readonly counted: number;
  /** Age of the oldest unsaved record; 0 while there is none. */
  readonly waitingMs: number;
}

export interface AuditQueue {
  /**
   * Keeps a record until it is saved. Never throws, never blocks.
   * @param completesStart a start record of the same request was given before; such a record is never only counted.
   */
  record(record: AuditRecord, completesStart?: boolean): void;
  /**
   * Resolves when the record is durable.
   * @throws GatehouseError auditUnavailable where it is not within `writeWaitMs`. The record stays queued.
   */
  recordDurably(record: AuditRecord): Promise<void>;
  /** Resolves when everything recorded so far is durable. @throws GatehouseError auditUnavailable after `writeWaitMs`. */
  flush(): Promise<void>;
  /** False while the oldest unsaved record is too old, while full, and once closed: then no request may be taken. */
  healthy(): boolean;
  /** Age of the oldest unsaved record; 0 while there is none. */
  unsavedAgeMs(): number;
  /** When a commit last succeeded, by the clock; undefined before the first. */
  lastSavedAtMs(): number | undefined;
  /** Saves what is left. @throws GatehouseError auditUnavailable where that failed for `withinMs` (default 10,000). */
  close(withinMs?: number): Promise<void>;
  stats(): AuditQueueStats;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
  timer: unknown;
}

interface Entry {
  readonly record: AuditRecord;
  readonly atMs: number;
  /** Counts from the first record on. */
  readonly position: number;
  waiter: Waiter | undefined;
}

const CLOSE_WITHIN_MS = 10_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** Records of one user share a lane; their start and their completion keep their order in it. */
const userKeyOf = ({ issuer, subject, username }: AuditRecord): string => `${issuer}\0${subject || username}`;

/**
 * Group commit: one transaction at a time; what arrives meanwhile is the next group, so that the cost of one fsync is
 * shared by all who wait for it. Where more wait than one group holds, users take turns. A failed group stays at the
 * head and is retried, with growing pauses. A commit that hangs is judged like one that fails: by the age of what is
 * not saved.
 */
export function createAuditQueue(store: Pick<AuditStore, 'append'>, options: AuditQueueOptions): AuditQueue {
  const { clock, maxBatch, maxQueued } = options;
  const overflow = createOverflow();
  /** In order of arrival; becomes the next group as it is where it fits into one. */
  let arrived: Entry[] = [];
  /** What did not fit, by user. */
  const backlog = createFairShare<Entry>();
  /** The group that is being committed, or whose commit failed. */
  let group: Entry[] = [];
  let positions = 0;
  /** Of `recordDurably`. */
  let waiting = 0;
  let saved = 0;
  let oldestAtMs: number | undefined;
  let lastSavedAtMs: number | undefined;
  let failedCommits = 0;
  let failuresInARow = 0;
  let committing = false;
  let timer: unknown;
  let closing = false;
  let closed = false;
  const whenEmpty: (() => void)[] = [];

  const unavailable = (cause?: unknown) => new GatehouseError('auditUnavailable', undefined, { cause });
  const flushes = createFlushWaiters({ waitMs: options.writeWaitMs, clock, late: () => unavailable() });
  const size = (): number => group.length + arrived.length + backlog.size();
  const unsavedAgeMs = (): number => (oldestAtMs === undefined ? 0 : clock.now() - oldestAtMs);

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

  /** A failed group goes again, together with what fits beside it. */
  function fillGroup(): void {
    if (backlog.size() === 0 && group.length + arrived.length <= maxBatch) {
      group = group.length === 0 ? arrived : [...group, ...arrived];
      arrived = [];
      return;
    }
    for (const entry of arrived) backlog.add(userKeyOf(entry.record), entry);
    arrived = [];
    group = [...group, ...backlog.take(maxBatch - group.length)];
  }

  async function commit(): Promise<void> {
    if (committing || closed) return;
    if (size() === 0) for (const counted of overflow.take()) add(counted);
    if (size() === 0) return;
    committing = true;
    fillGroup();
    try {
      await store.append(group.map((entry) => entry.record));
      settleGroup();
    } catch (error) {
      failedCommits += 1;
      failuresInARow += 1;
      options.onError(error);
    } finally {
      committing = false;
    }
    goOn();
  }

  function settleGroup(): void {
    const done = group;
    group = [];
    saved += done.length;
    failuresInARow = 0;
    lastSavedAtMs = clock.now();
    oldestAtMs = findOldest();
    for (const entry of done) if (entry.waiter) release(entry, (waiter) => waiter.resolve());
    flushes.saved(done);
  }

  /** Only a backlog has to be searched: else the first that arrived is the oldest. */
  function findOldest(): number | undefined {
    let oldest = arrived[0]?.atMs;
    for (const { atMs } of backlog.heads()) if (oldest === undefined || atMs < oldest) oldest = atMs;
    return oldest;
  }

  function goOn(): void {
    if (failuresInARow > 0) return schedule(Math.min(FIRST_RETRY_MS * 2 ** (failuresInARow - 1), LONGEST_RETRY_MS));
    if (size() >= maxBatch || waiting > 0 || flushes.count() > 0 || closing || overflow.count() > 0) {
      if (size() > 0 || overflow.count() > 0) return void commit();
      for (const resolve of whenEmpty.splice(0)) resolve();
      return;
    }
    if (size() > 0) schedule(options.flushEveryMs);
  }

  function release(entry: Entry, act: (waiter: Waiter) => void): void {
    const { waiter } = entry;
    if (!waiter) return;
    entry.waiter = undefined;
    waiting -= 1;
    clock.clearTimeout(waiter.timer);
    act(waiter);
  }

  function add(added: AuditRecord): Entry {
    const atMs = clock.now();
    oldestAtMs ??= atMs;
    const entry: Entry = { record: added, atMs, position: ++positions, waiter: undefined };
    arrived.push(entry);
    return entry;
  }

  function record(entry: AuditRecord, completesStart = false): void {
    if (closed) return options.onUnsaved?.([entry]);
    // Half of the room is for those who are somebody: nobody without a credential can make the queue full.
    const room = entry.decision === 'refused' && entry.username === '' ? maxQueued / 2 : maxQueued;
    // A start record has a row, or will have one, that only its own completion closes.
    if (!completesStart && size() >= room && overflow.add(entry)) return;
    add(entry);
    if (size() >= maxBatch || closing) commitSoon();
    else if (!committing) schedule(options.flushEveryMs);
  }

  function recordDurably(start: AuditRecord): Promise<void> {
    if (closed) {
      options.onUnsaved?.([start]);
      return Promise.reject(unavailable());
    }
    const entry = add(start);
    return new Promise((resolve, reject) => {
      waiting += 1;
      entry.waiter = {
        resolve,
        reject,
        timer: clock.setTimeout(() => release(entry, (waiter) => waiter.reject(unavailable())), options.writeWaitMs),
      };
      commitSoon();
    });
  }

  function whenSaved(): Promise<void> {
    if (size() === 0) return Promise.resolve();
    if (closed) return Promise.reject(unavailable());
    const saving = flushes.wait(positions, size());
    commitSoon();
    return saving;
  }

  async function drain(withinMs: number): Promise<void> {
    if (size() === 0 && overflow.count() === 0) return;
    const emptied = new Promise<boolean>((resolve) => {
      whenEmpty.push(() => resolve(true));
      const limit = clock.setTimeout(() => resolve(false), withinMs);
      whenEmpty.push(() => clock.clearTimeout(limit));
    });
    retryNow();
    if (await emptied) return;
    const left = [...group, ...backlog.take(backlog.size()), ...arrived].sort((a, b) => a.position - b.position);
    const unsaved = [...left.map((entry) => entry.record), ...overflow.take()];
    options.onUnsaved?.(unsaved);
    throw new GatehouseError('auditUnavailable', `${unsaved.length} audit records could not be saved`);
  }

  let closedOnce: Promise<void> | undefined;
  return {
    record,
    recordDurably,
    flush: whenSaved,
    healthy: () => !closing && size() < maxQueued && unsavedAgeMs() < options.maxUnsavedAgeMs,
    unsavedAgeMs,
    lastSavedAtMs: () => lastSavedAtMs,
    close(withinMs = CLOSE_WITHIN_MS) {
      closing = true;
      closedOnce ??= drain(withinMs).finally(() => {
        closed = true;
        if (timer !== undefined) clock.clearTimeout(timer);
      });
      return closedOnce;
    },
    stats: () => ({
      queued: size(),
      saved,
      failedCommits,
      counted: overflow.counted(),
      waitingMs: unsavedAgeMs(),
    }),
  };
}
