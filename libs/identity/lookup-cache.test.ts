import { describe, expect, test } from 'vitest';
import { cacheSessions } from './cache-sessions.ts';
import { createLookupCache } from './lookup-cache.ts';
import type { SessionRecord } from './ports.ts';

describe('a look-up cache', () => {
  test('does not keep what was read before it was cleared', async () => {
    let answer: (value: string) => void = () => {};
    const cache = createLookupCache<string>(() => new Promise((resolve) => (answer = resolve)), { now: () => 0 });
    const early = cache.get('k');
    cache.clear();
    answer('old');
    expect(await early).toBe('old');
    const late = cache.get('k');
    answer('new');
    expect(await late).toBe('new');
  });

  test('remembers for five seconds, absence too, and is bounded', () => {
    const asked: string[] = [];
    let nowMs = 0;
    const cache = createLookupCache<string>((key) => (asked.push(key), key === 'there' ? 'value' : undefined), {
      now: () => nowMs,
      maxEntries: 2,
    });
    for (const key of ['there', 'there', 'gone', 'gone']) cache.get(key);
    expect(asked).toEqual(['there', 'gone']);
    nowMs = 5_000;
    expect(cache.get('there')).toBe('value');
    expect(asked).toHaveLength(3);
    for (const key of ['third', 'fourth', 'there']) cache.get(key);
    expect(asked).toEqual(['there', 'gone', 'there', 'third', 'fourth', 'there']);
  });
});

describe('remembered sessions', () => {
  const record = { id: 's', lastSeenAtMs: 0 } as SessionRecord;

  test('are noted as used once, however many requests come before the note is written', async () => {
    const touched: number[] = [];
    const sessions = cacheSessions(
      { find: async () => record, touch: async (_id, atMs) => void touched.push(atMs) },
      { now: () => 100_000 },
    );
    expect((await sessions.find('token'))?.lastSeenAtMs).toBe(0);
    await sessions.touch('s', 100_000);
    expect((await sessions.find('token'))?.lastSeenAtMs).toBe(100_000);
    expect(touched).toEqual([100_000]);
  });

  test('are gone when they are cleared', async () => {
    let stored: SessionRecord | undefined = record;
    const sessions = cacheSessions({ find: async () => stored, touch: async () => {} }, { now: () => 0 });
    expect(await sessions.find('token')).toBeDefined();
    stored = undefined;
    expect(await sessions.find('token')).toBeDefined();
    sessions.clear();
    expect(await sessions.find('token')).toBeUndefined();
  });
});
