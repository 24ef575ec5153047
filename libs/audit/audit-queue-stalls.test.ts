import { describe, expect, test } from 'vitest';
import { record, setUp } from './testdata/set-up-queue.ts';

describe('while the store hangs', () => {
  test('a durable record is refused after the wait, without a failed commit, and saved when the store goes on', async () => {
    const { store, clock, queue, errors } = setUp();
    store.holding = true;
    const refusal = queue.recordDurably(record('a')).catch((error: unknown) => error);
    await clock.advance(2_000);
    expect(await refusal).toMatchObject({ code: 'auditUnavailable' });
    queue.record(record('a', { decision: 'refused' }), true);
    expect(errors).toEqual([]);
    store.holding = false;
    store.release();
    await clock.advance(20);
    expect(store.ids()).toEqual(['a', 'a']);
    expect(queue.stats()).toMatchObject({ queued: 0, waitingMs: 0 });
  });

  test('records are taken until the oldest is too old, and again at once when the store goes on', async () => {
    const { store, clock, queue } = setUp();
    store.holding = true;
    queue.record(record('a'));
    await clock.advance(3_000);
    queue.record(record('b'));
    await clock.advance(1_999);
    expect(queue.healthy()).toBe(true);
    await clock.advance(1);
    expect(queue.healthy()).toBe(false);
    expect(queue.stats()).toMatchObject({ queued: 2, waitingMs: 5_000, failedCommits: 0 });
    store.holding = false;
    store.release();
    await clock.advance(0);
    // What came later is younger.
    expect(queue.healthy()).toBe(true);
    expect(queue.stats()).toMatchObject({ queued: 1, waitingMs: 2_000 });
  });

  test('close gives up after its time, and gives back what is in the commit that hangs, too', async () => {
    const { store, clock, queue, unsaved } = setUp();
    store.holding = true;
    queue.record(record('a'));
    await clock.advance(20);
    queue.record(record('b'));
    const refusal = queue.close(3_000).catch((error: unknown) => error);
    await clock.advance(3_000);
    expect(await refusal).toMatchObject({ code: 'auditUnavailable' });
    expect(unsaved.map((entry) => entry.auditId)).toEqual(['a', 'b']);
  });
});

describe('where more records wait than one group holds', () => {
  test('users take turns: one who sends thousands does not delay the others', async () => {
    const { store, clock, queue } = setUp({ maxQueued: 100_000 });
    store.holding = true;
    queue.record(record('first'));
    await clock.advance(20);
    for (let at = 0; at < 5_000; at += 1) void queue.recordDurably(record(`busy-${at}`, { subject: 'busy' }));
    const others = ['anna', 'ben'].map((subject) => queue.recordDurably(record(subject, { subject })));
    store.holding = false;
    store.release();
    await Promise.all(others);
    expect(store.batches[1]?.slice(0, 4)).toEqual(['busy-0', 'anna', 'ben', 'busy-1']);
    expect(store.batches.length).toBeLessThan(10);
    await clock.advance(0);
    expect(store.ids().filter((id) => id.startsWith('busy'))).toEqual(
      Array.from({ length: 5_000 }, (_, at) => `busy-${at}`),
    );
  });

  test('a start record is saved before its completion, and a failed group goes again as it was', async () => {
    const { store, clock, queue } = setUp({ maxBatch: 2 });
    store.failing = true;
    for (const subject of ['anna', 'ben', 'carl'])
      for (const stage of ['RequestReceived', 'ResponseComplete'] as const)
        queue.record(record(`${subject} ${stage}`, { subject, stage }));
    await clock.advance(20);
    store.failing = false;
    await clock.advance(200);
    const ids = store.ids();
    expect(ids).toHaveLength(6);
    for (const subject of ['anna', 'ben', 'carl'])
      expect(ids.indexOf(`${subject} RequestReceived`)).toBeLessThan(ids.indexOf(`${subject} ResponseComplete`));
  });

  test('flush waits for all that was recorded before it, in whatever order that is saved', async () => {
    const { store, queue } = setUp({ maxBatch: 2 });
    store.holding = true;
    for (let at = 0; at < 6; at += 1) queue.record(record(`busy-${at}`, { subject: 'busy' }));
    const flushed = queue.flush();
    queue.record(record('late', { subject: 'anna' }));
    store.holding = false;
    store.release();
    await flushed;
    expect(store.ids().filter((id) => id.startsWith('busy'))).toHaveLength(6);
  });
});
