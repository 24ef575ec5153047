import { describe, expect, it } from 'vitest';
import { readRequestHeaders } from './read-request-headers.ts';
import { headersForUpstream } from './testdata/header-rules-again.ts';
import { randomHeaders } from './testdata/random-headers.ts';
import { seededRandom } from './testdata/seeded-random.ts';

const RUNS = 30_000;

describe('random headers', () => {
  it('go upstream, or are refused, exactly as a slow reading of the rules says', () => {
    const random = seededRandom(51);
    const count = { refused: 0, accepted: 0, impersonation: 0, dropped: 0 };
    for (let i = 0; i < RUNS; i++) {
      const raw = randomHeaders(random);
      const expected = headersForUpstream(raw);
      const read = readRequestHeaders(raw);
      expect([raw, read.ok ? read.headers.passThrough : 'refused']).toEqual([raw, expected]);
      if (!read.ok) {
        count.refused++;
        continue;
      }
      count.accepted++;
      if (read.headers.hasImpersonation) count.impersonation++;
      if (read.headers.passThrough.length < raw.length - 4) count.dropped++;
    }
    // Each kind often enough to mean something.
    expect(count.refused).toBeGreaterThan(RUNS * 0.2);
    expect(count.accepted).toBeGreaterThan(RUNS * 0.3);
    expect(count.impersonation).toBeGreaterThan(RUNS * 0.02);
    expect(count.dropped).toBeGreaterThan(RUNS * 0.1);
  });

  it('never bring identity, credentials or hop-by-hop headers upstream, nor what Connection names', () => {
    const random = seededRandom(52);
    for (let i = 0; i < RUNS; i++) {
      const raw = randomHeaders(random);
      const read = readRequestHeaders(raw);
      if (!read.ok) continue;
      const names = read.headers.passThrough.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
      const values = read.headers.passThrough.filter((_, at) => at % 2 === 1);
      expect(
        names.filter((name) =>
          /^(impersonate-|x-remote-|x-forwarded-|x-real-ip$|authorization$|connection$)/.test(name),
        ),
      ).toEqual([]);
      expect(names.filter((name) => name.includes('_'))).toEqual([]);
      expect(values.filter((value) => /gatehouse-|bearer\.authorization/i.test(value))).toEqual([]);
      const claimed = raw.some((name, at) => at % 2 === 0 && /^impersonate-/i.test(name));
      expect(read.headers.hasImpersonation).toBe(claimed);
    }
  });
});
