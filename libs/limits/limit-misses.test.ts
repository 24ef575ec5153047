import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMissLimit } from './limit-misses.ts';
import { createTokenBuckets } from './token-buckets.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** Five misses for each source and 60 more a minute; twelve for all. */
function open() {
  const bySource = createTokenBuckets({ burst: 5, perMinute: 60, maxKeys: 100 });
  const all = createTokenBuckets({ burst: 12, perMinute: 120, maxKeys: 1 });
  const take = (source: string) =>
    Promise.resolve({ source: bySource.take(source, Date.now()), all: all.take('', Date.now()) });
  const limit = createMissLimit({ take, now: () => Date.now() });
  const reads: string[] = [];
  const ask = async (source: string, key: string, found?: string): Promise<string> => {
    try {
      const read = (): Promise<string | undefined> => (reads.push(key), Promise.resolve(found));
      return (await limit.lookUp(source, key, read)) ?? 'nothing';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** How often each outcome was, of so many made-up keys. */
  const flood = async (source: string, count: number): Promise<Record<string, number>> => {
    const outcomes: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const outcome = await ask(source, `${source}-${reads.length}-${i}`);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return outcomes;
  };
  return { limit, reads, ask, flood };
}

describe('look-ups that find nothing', () => {
  test('are refused beyond the allowance of their source, but for a few', async () => {
    const { limit, flood } = open();
    // The sixth finds that there is none left; sixteen more have a place.
    expect(await flood('a', 1_000)).toEqual({ nothing: 6 + 16, tooManyRequests: 978 });
    expect(limit.refused()).toBe(978);
    vi.advanceTimersByTime(250);
    expect(await flood('a', 100)).toEqual({ nothing: 16, tooManyRequests: 84 });
  });

  test('of another source are none of its business, up to the allowance of all', async () => {
    const { flood } = open();
    await flood('a', 7);
    expect(await flood('b', 5)).toEqual({ nothing: 5 });
    await flood('c', 5);
    // Now all of them together have used up theirs.
    await flood('d', 20);
    expect(await flood('e', 3)).toEqual({ tooManyRequests: 3 });
  });

  test('are free again after a while', async () => {
    const { flood } = open();
    await flood('a', 100);
    vi.advanceTimersByTime(60_000);
    expect(await flood('a', 5)).toEqual({ nothing: 5 });
  });
});

describe('a good credential', () => {
  test('costs nothing, however often it is looked up', async () => {
    const { ask } = open();
    for (let i = 0; i < 100; i++) expect(await ask('a', `good-${i}`, 'alice')).toBe('alice');
    expect(await ask('a', 'made-up')).toBe('nothing');
  });

  test('that was seen here is never refused, and one that was not gets in by trying again', async () => {
    const { ask, flood } = open();
    expect(await ask('a', 'known', 'alice')).toBe('alice');
    await flood('a', 1_000);
    expect(await ask('a', 'known', 'alice')).toBe('alice');
    expect(await ask('a', 'new', 'bob')).toBe('tooManyRequests');
    vi.advanceTimersByTime(250);
    expect(await ask('a', 'new', 'bob')).toBe('bob');
    await flood('a', 1_000);
    expect(await ask('a', 'new', 'bob')).toBe('bob');
  });

  test('that was revoked is one that nobody has', async () => {
    const { ask, flood } = open();
    await ask('a', 'known', 'alice');
    await flood('a', 1_000);
    expect(await ask('a', 'known')).toBe('nothing');
    expect(await ask('a', 'known')).toBe('tooManyRequests');
  });
});

test('what the store throws is thrown, and costs nothing', async () => {
  const { limit, ask } = open();
  for (let i = 0; i < 20; i++)
    await expect(limit.lookUp('a', 'x', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await ask('a', 'y')).toBe('nothing');
});
