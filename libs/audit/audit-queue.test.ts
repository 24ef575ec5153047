import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '#model';
import { createAuditQueue, type AuditClock, type AuditQueueOptions } from './audit-queue.ts';

const record = (auditId: string, changes: Partial<AuditRecord> = {}): AuditRecord =>
  ({
    auditId,
    stage: 'ResponseComplete',
    decision: 'allow',
    upstreamRequests: 1,
    annotations: {},
    ...changes,
  }) as AuditRecord;
const refused = (auditId: string, code: string): AuditRecord =>
  record(auditId, { decision: 'refused', upstreamRequests: 0, annotations: { code } });

/** A clock that moves when the test says so. */
function createManualClock(): AuditClock & { advance(milliseconds: number): Promise<void> } {
  let now = 0;
  let timers: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    setTimeout(act, milliseconds) {
      const timer = { at: now + milliseconds, act };
      timers.push(timer);
      return timer;
    },
    clearTimeout(timer) {
      timers = timers.filter((each) => each !== timer);
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await settle();
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = next.at;
        timers = timers.filter((timer) => timer !== next);
        next.act();
      }
      now = end;
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A store that keeps what it is given, and fails or waits on demand. */
function createStore() {
  const batches: string[][] = [];
  const records: AuditRecord[] = [];
  let held: (() => void)[] = [];
  return {
    batches,
    records,
    failing: false,
    holding: false,
    calls: 0,
    async append(batch: readonly AuditRecord[]) {
      this.calls += 1;
      if (this.holding) await new Promise<void>((resolve) => held.push(resolve));
      if (this.failing) throw new Error('disk full');
      batches.push(batch.map((entry) => entry.auditId));
      records.push(...batch);
    },
    release() {
      held.splice(0).forEach((resolve) => resolve());
      held = [];
    },
    ids: () => batches.flat(),
  };
}

function setUp(changes: Partial<AuditQueueOptions> = {}) {
  const store = createStore();
  const clock = createManualClock();
  const errors: unknown[] = [];
  const unsaved: AuditRecord[] = [];
  const queue = createAuditQueue(store, {
    maxQueued: 100,
    flushEveryMs: 20,
    maxBatch: 10,
    onError: (error) => errors.push(error),
    clock,
    onUnsaved: (records) => unsaved.push(...records),
    ...changes,
  });
  return { store, clock, queue, errors, unsaved };
}

describe('while the store fails', () => {
  test('the queue is not healthy from the first failure until a commit succeeds, and nothing is lost or reordered', async () => {
    const { store, clock, queue, errors } = setUp();
    store.failing = true;
    queue.record(record('a'));
    await clock.advance(20);
    expect(queue.healthy()).toBe(false);
    expect(errors).toHaveLength(1);
    queue.record(record('b'));
    await clock.advance(50);
    expect(queue.stats()).toMatchObject({ queued: 2, waitingMs: 70 });
    store.failing = false;
    await clock.advance(50);
    expect(queue.healthy()).toBe(true);
    await clock.advance(20);
    expect(store.ids()).toEqual(['a', 'b']);
    expect(queue.stats()).toEqual({ queued: 0, saved: 2, failedCommits: 1, counted: 0, waitingMs: 0 });
  });

  test('it tries again after growing pauses of at most five seconds', async () => {
    const { store, clock, queue } = setUp();
    store.failing = true;
    queue.record(record('a'));
    await clock.advance(20);
    const calls: number[] = [];
    for (const pause of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      await clock.advance(pause - 1);
      const before = store.calls;
      await clock.advance(1);
      calls.push(store.calls - before);
    }
    expect(calls).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(store.calls).toBe(9);
  });

  test('who waits for a durable record is refused, then and at once, and the records are saved later all the same', async () => {
    const { store, clock, queue } = setUp();
    store.failing = true;
    await expect(queue.recordDurably(record('a'))).rejects.toMatchObject({ code: 'auditUnavailable' });
    await expect(queue.recordDurably(record('b'))).rejects.toMatchObject({ code: 'auditUnavailable' });
    await expect(queue.flush()).rejects.toMatchObject({ code: 'auditUnavailable' });
    expect(store.calls).toBe(1);
    store.failing = false;
    await clock.advance(200);
    expect(store.ids()).toEqual(['a', 'b']);
  });

  test('close goes on trying, at once, and gives back what it could not save in time', async () => {
    const { store, clock, queue, unsaved } = setUp();
    store.failing = true;
    queue.record(record('a'));
    await clock.advance(20);
    const refusal = queue.close(3_000).catch((error: unknown) => error);
    queue.record(record('b'));
    await clock.advance(3_000);
    expect(await refusal).toMatchObject({ code: 'auditUnavailable' });
    expect(unsaved.map((entry) => entry.auditId)).toEqual(['a', 'b']);
    queue.record(record('too late'));
    expect(unsaved.map((entry) => entry.auditId)).toEqual(['a', 'b', 'too late']);
  });

  test('close saves everything when the store comes back in time', async () => {
    const { store, clock, queue, unsaved } = setUp();
    store.failing = true;
    queue.record(record('a'));
    queue.record(record('b'));
    await clock.advance(20);
    const closing = queue.close(3_000);
    await settle();
    store.failing = false;
    await clock.advance(1_000);
    await closing;
    expect(store.ids()).toEqual(['a', 'b']);
    expect(unsaved).toEqual([]);
  });
});

describe('while the queue is full', () => {
  test('it is not healthy, and what reached a cluster is kept all the same', async () => {
    const { store, clock, queue } = setUp({ maxQueued: 3 });
    store.failing = true;
    for (const id of ['a', 'b', 'c', 'd']) queue.record(record(id));
    expect(queue.healthy()).toBe(false);
    await clock.advance(20);
    store.failing = false;
    await clock.advance(200);
    expect(store.ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('anonymous refusals are counted from half of the room on, so that they never make it full', async () => {
    const { store, clock, queue } = setUp({ maxQueued: 10 });
    store.holding = true;
    for (let at = 0; at < 1_000; at += 1)
      queue.record(record(`r${at}`, { decision: 'refused', username: '', annotations: { code: 'notPresented' } }));
    expect(queue.stats()).toMatchObject({ queued: 5, counted: 995 });
    expect(queue.healthy()).toBe(true);
    for (const id of ['a', 'b', 'c', 'd']) queue.record(record(id, { username: 'demo:alice' }));
    expect(queue.healthy()).toBe(true);
    store.holding = false;
    store.release();
    await clock.advance(1_000);
    expect(store.ids().filter((id) => !id.startsWith('r'))).toEqual(['a', 'b', 'c', 'd']);
    expect(store.records.at(-1)?.annotations.count).toBe('995');
  });

  test('refusals become one counted record for each code', async () => {
    const { store, clock, queue } = setUp({ maxQueued: 2 });
    store.failing = true;
    for (const id of ['a', 'b']) queue.record(record(id));
    await clock.advance(20);
    for (let at = 0; at < 1_000; at += 1) queue.record(refused(`r${at}`, 'auditUnavailable'));
    queue.record(refused('s', 'badPath'));
    expect(queue.stats()).toMatchObject({ queued: 2, counted: 1_001 });
    store.failing = false;
    await clock.advance(200);
    expect(store.ids()).toEqual(['a', 'b', 'r0', 's']);
    expect(store.records.map((entry) => entry.annotations)).toEqual([
      {},
      {},
      { code: 'auditUnavailable', count: '1000' },
      { code: 'badPath' },
    ]);
  });
});

describe('while all is well', () => {
  test('records wait for company and are committed together', async () => {
    const { store, clock, queue } = setUp();
    queue.record(record('a'));
    queue.record(record('b'));
    await clock.advance(19);
    expect(store.batches).toEqual([]);
    await clock.advance(1);
    expect(store.batches).toEqual([['a', 'b']]);
  });

  test('a full group does not wait, and no group is larger than it may be', async () => {
    const { store, clock, queue } = setUp({ maxBatch: 3 });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) queue.record(record(id));
    await settle();
    expect(store.batches).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    await clock.advance(20);
    expect(store.batches.at(-1)).toEqual(['g']);
  });

  test('a durable record resolves after its own commit, and takes along what waits', async () => {
    const { store, queue } = setUp();
    store.holding = true;
    queue.record(record('a'));
    let durable = false;
    const done = queue.recordDurably(record('b')).then(() => (durable = true));
    await settle();
    expect(durable).toBe(false);
    store.release();
    await done;
    expect(store.batches).toEqual([['a', 'b']]);
  });

  test('durable records that come during a commit share the next one', async () => {
    const { store, queue } = setUp();
    store.holding = true;
    const first = queue.recordDurably(record('a'));
    await settle();
    const others = ['b', 'c', 'd'].map((id) => queue.recordDurably(record(id)));
    store.holding = false;
    store.release();
    await Promise.all([first, ...others]);
    expect(store.batches).toEqual([['a'], ['b', 'c', 'd']]);
  });

  test('flush resolves at once where nothing waits, else when it is saved', async () => {
    const { store, queue } = setUp();
    await queue.flush();
    queue.record(record('a'));
    await queue.flush();
    expect(store.ids()).toEqual(['a']);
  });

  test('close saves what waits, once, and then takes no more requests', async () => {
    const { store, queue } = setUp();
    queue.record(record('a'));
    await Promise.all([queue.close(), queue.close()]);
    expect(store.ids()).toEqual(['a']);
    expect(queue.healthy()).toBe(false);
  });
});
