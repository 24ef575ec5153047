import { describe, expect, test } from 'vitest';
import { createVerifiedCache, type Verified } from './verified-cache.ts';

const verified = (subject: string): Verified => ({
  claims: { sub: subject },
  issuerUrl: '',
  issuerVersion: '',
  jwk: { kty: 'EC' },
  expiresAtMs: 1,
  voidAtMs: 1,
  answer: undefined,
});

describe('the cache of verified bearers', () => {
  test('never holds more than its bound, whatever flood of tokens comes', () => {
    const cache = createVerifiedCache(100);
    let most = 0;
    for (let i = 0; i < 5_000; i++) {
      cache.set(`digest-${i}`, verified(`${i}`));
      if (i % 3 === 0) cache.get(`digest-${Math.floor(i / 2)}`);
      most = Math.max(most, cache.size());
    }
    expect(most).toBeGreaterThan(50);
    expect(most).toBeLessThanOrEqual(100);
  });

  test('keeps what is used while others come and go', () => {
    const cache = createVerifiedCache(100);
    cache.set('mine', verified('alice'));
    for (let i = 0; i < 1_000; i++) {
      cache.set(`digest-${i}`, verified(`${i}`));
      expect(cache.get('mine')?.claims.sub).toBe('alice');
    }
    expect(cache.get('digest-0')).toBeUndefined();
  });

  test('forgets what is deleted, young or old', () => {
    const cache = createVerifiedCache(4);
    for (const digest of ['a', 'b', 'c']) cache.set(digest, verified(digest));
    for (const digest of ['a', 'b', 'c']) {
      cache.delete(digest);
      expect(cache.get(digest)).toBeUndefined();
    }
    expect(cache.size()).toBe(0);
  });
});
