import { describe, expect, test } from 'vitest';
import { record, refused, setUp } from './testdata/set-up-queue.ts';
import { settle } from './testdata/manual-clock.ts';

describe('while the store fails', () => {
  test('the queue is not healthy from the time on when the oldest record is too old, until a commit succeeds', async () => {
    const { store, clock, queue, errors } = setUp();
    store.failing = true;
    queue.record(record('a'));
    await clock.advance(20);
    expect(errors).toHaveLength(1);
    queue.record(record('b'));
    await clock.advance(50);
    expect(queue.stats()).toMatchObject({ queued: 2, waitingMs: 70 });
    await clock.advance(4_929);
    expect(queue.healthy()).toBe(true);
    await clock.advance(1);
    expect(queue.healthy()).toBe(false);
    store.failing = false;
    // The pause that is running ends at 6320 ms.
    await clock.advance(1_319);
    expect(queue.healthy()).toBe(false);
    await clock.advance(21);
    expect(queue.healthy()).toBe(true);
    expect(store.ids()).toEqual(['a', 'b']);
    expect(queue.stats()).toEqual({ queued: 0, saved: 2, failedCommits: 6, counted: 0, waitingMs: 0 });
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

  test('a durable record that cannot be saved is refused after the wait, and saved later all the same', async () => {
    const { store, clock, queue } = setUp();
    store.failing = true;
    const refusals: unknown[] = [];
    const note = (error: unknown): void => void refusals.push((error as { code: string }).code);
    for (const id of ['a', 'b']) queue.recordDurably(record(id)).catch(note);
    queue.flush().catch(note);
    await clock.advance(1_999);
    expect(refusals).toEqual([]);
    await clock.advance(1);
    expect(refusals).toEqual(['auditUnavailable', 'auditUnavailable', 'auditUnavailable']);
    store.failing = false;
    await clock.advance(3_000);
    expect(store.ids()).toEqual(['a', 'b']);
  });

  test('a failure that passes within the wait refuses nobody', async () => {
    const { store, clock, queue } = setUp();
    store.failing = true;
    const durable = queue.recordDurably(record('a'));
    await clock.advance(50);
    store.failing = false;
    await clock.advance(60);
    await durable;
    expect(store.ids()).toEqual(['a']);
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

  test('what completes a start record is kept as well, also where it was refused', async () => {
    const { store, clock, queue } = setUp({ maxQueued: 2 });
    store.failing = true;
    void queue.recordDurably(record('a', { stage: 'RequestReceived' })).catch(() => {});
    queue.record(record('b'));
    queue.record(record('a', { decision: 'refused' }), true);
    expect(queue.stats()).toMatchObject({ queued: 3, counted: 0 });
    store.failing = false;
    await clock.advance(200);
    expect(store.records.map(({ auditId, decision }) => `${auditId} ${decision}`)).toEqual([
      'a allow',
      'b allow',
      'a refused',
    ]);
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
