import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import { cacheSessions } from './cache-sessions.ts';
import { createLookupCache } from './lookup-cache.ts';
import type { SessionRecord } from './ports.ts';

/** A cache over values that can be changed; the time goes by hand, and pauses end at once. */
function open<T>(stored: Map<string, T>, maxEntries?: number) {
  const world = { nowMs: 0, reads: [] as string[][] };
  const cache = createLookupCache<T>(
    async (keys) => {
      world.reads.push([...keys]);
      return keys.map((key) => stored.get(key));
    },
    { now: () => world.nowMs, pause: async () => {}, ...(maxEntries === undefined ? {} : { maxEntries }) },
  );
  return { cache, world };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a look-up cache', () => {
  test('does not keep what was read before it was cleared', async () => {
    let answer: (value: string) => void = () => {};
    const cache = createLookupCache<string>(() => new Promise((resolve) => (answer = (value) => resolve([value]))), {
      now: () => 0,
    });
    const early = cache.get('k');
    cache.clear();
    const late = cache.get('k');
    answer('old');
    expect(await early).toBe('old');
    await settle();
    answer('new');
    expect(await late).toBe('new');
    expect(cache.get('k')).toBe('new');
  });

  test('drops the entries that match, and caches nothing that was being read meanwhile', async () => {
    const stored = new Map([
      ['a', 'alice'],
      ['b', 'bob'],
    ]);
    const { cache, world } = open(stored);
    for (const key of ['a', 'b', 'gone']) await cache.get(key);
    cache.forgetWhere((found) => found === 'alice');
    stored.set('a', 'alice again');
    expect([await cache.get('a'), cache.get('b'), cache.get('gone')]).toEqual(['alice again', 'bob', undefined]);
    expect(world.reads).toEqual([['a'], ['b'], ['gone'], ['a']]);

    let answer: (value: string) => void = () => {};
    const slow = createLookupCache<string>(() => new Promise((resolve) => (answer = (value) => resolve([value]))), {
      now: () => 0,
    });
    const early = slow.get('k');
    slow.forgetWhere(() => false);
    answer('of before');
    expect(await early).toBe('of before');
    const late = slow.get('k');
    expect(late).toBeInstanceOf(Promise);
    await settle();
    answer('of after');
    expect(await late).toBe('of after');
  });

  test('remembers for five seconds, absence too, and is bounded', async () => {
    const { cache, world } = open(new Map([['there', 'value']]), 2);
    for (const key of ['there', 'there', 'gone', 'gone']) await cache.get(key);
    expect(world.reads).toEqual([['there'], ['gone']]);
    world.nowMs = 5_000;
    expect(await cache.get('there')).toBe('value');
    expect(world.reads).toHaveLength(3);
    for (const key of ['third', 'fourth', 'there']) await cache.get(key);
    expect(world.reads.slice(3)).toEqual([['third'], ['fourth'], ['there']]);
  });

  test('keeps nothing longer where the clock is set back', async () => {
    const stored = new Map([['k', 'old']]);
    const { cache, world } = open(stored);
    world.nowMs = 3_600_000;
    await cache.get('k');
    world.nowMs = 0;
    stored.set('k', 'new');
    expect(await cache.get('k')).toBe('new');
  });

  test('reads what is used in its last second again, together, and nobody waits for it', async () => {
    const stored = new Map([
      ['a', 'a1'],
      ['b', 'b1'],
    ]);
    const { cache, world } = open(stored);
    await Promise.all([cache.get('a'), cache.get('b')]);
    world.reads = [];
    stored.set('a', 'a2');
    stored.delete('b');
    world.nowMs = 3_999;
    cache.get('a');
    world.nowMs = 4_000;
    expect([cache.get('a'), cache.get('b'), cache.get('a')]).toEqual(['a1', 'b1', 'a1']);
    await settle();
    expect(world.reads).toEqual([['a', 'b']]);
    world.nowMs = 4_001;
    expect([cache.get('a'), cache.get('b')]).toEqual(['a2', undefined]);
    world.nowMs = 7_999;
    expect(cache.get('a')).toBe('a2');
  });

  test('asks again, and tells, where reading ahead has failed', async () => {
    let down = false;
    let nowMs = 0;
    const unavailable = new GatehouseError('storeUnavailable');
    const cache = createLookupCache<string>(
      async (keys) => {
        if (down) throw unavailable;
        return keys;
      },
      { now: () => nowMs, pause: async () => {} },
    );
    await cache.get('k');
    down = true;
    nowMs = 4_500;
    expect(cache.get('k')).toBe('k');
    await settle();
    nowMs = 5_000;
    await expect(cache.get('k')).rejects.toBe(unavailable);
    down = false;
    expect(await cache.get('k')).toBe('k');
  });

  test('gives one that cannot be read to nobody else', async () => {
    const cache = createLookupCache<string>(
      async (keys) => {
        if (keys.includes('broken')) throw new GatehouseError('internal');
        return keys;
      },
      { now: () => 0 },
    );
    const first = cache.get('first');
    const others = ['a', 'broken', 'b'].map((key) => cache.get(key));
    expect(await first).toBe('first');
    const answers = await Promise.allSettled(others);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('reads what many ask for at a time in few reads, each key once', async () => {
    const keys = Array.from({ length: 200 }, (_, at) => String(at));
    const { cache, world } = open(new Map(keys.map((key) => [key, key])));
    const answers = await Promise.all([...keys, ...keys].map((key) => cache.get(key)));
    expect(answers).toEqual([...keys, ...keys]);
    expect(world.reads.map((read) => read.length)).toEqual([1, 64, 64, 64, 8]);
  });

  test('answers with the very same value while an equal one is read', async () => {
    const stored = new Map([['k', { groups: ['a'] }]]);
    const { cache, world } = open(stored);
    const first = await cache.get('k');
    stored.set('k', { groups: ['a'] });
    world.nowMs = 6_000;
    expect(await cache.get('k')).toBe(first);
    stored.set('k', { groups: ['b'] });
    world.nowMs = 12_000;
    expect(await cache.get('k')).toEqual({ groups: ['b'] });
  });
});

describe('remembered sessions', () => {
  const record = { id: 's', lastSeenAtMs: 0 } as SessionRecord;

  test('are noted as used once, however many requests come before the note is written', async () => {
    const used: number[] = [];
    const sessions = cacheSessions(
      { findMany: async () => [record] },
      { now: () => 100_000, used: (_id, atMs) => void used.push(atMs) },
    );
    expect((await sessions.find('token'))?.lastSeenAtMs).toBe(0);
    sessions.touch('s', 100_000);
    expect((await sessions.find('token'))?.lastSeenAtMs).toBe(100_000);
    // Also where it is read anew before the note is written.
    sessions.clear();
    expect((await sessions.find('token'))?.lastSeenAtMs).toBe(100_000);
    expect(used).toEqual([100_000]);
  });

  test('are gone when they are cleared', async () => {
    let stored: SessionRecord | undefined = record;
    const sessions = cacheSessions({ findMany: async () => [stored] }, { now: () => 0, used: () => {} });
    expect(await sessions.find('token')).toBeDefined();
    stored = undefined;
    expect(await sessions.find('token')).toBeDefined();
    sessions.clear();
    expect(await sessions.find('token')).toBeUndefined();
  });
});
