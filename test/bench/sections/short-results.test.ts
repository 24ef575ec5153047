import { describe, expect, it } from 'vitest';
import { cpuRatios, findVoids, type Accounting } from './short-results.ts';

const result = (name: string, cpuMicrosPerRequest: number, failures = 0) => ({
  name,
  cpuMicrosPerRequest,
  failures,
  requests: 1000,
});
const GOOD: Accounting = {
  rows: { answered: 5000, all: 5010, people: 1000 },
  sent: { completed: 5000, inFlight: 32 },
  people: 1000,
};
const voids = (change: Partial<Accounting>): string[] => findVoids([], { ...GOOD, ...change });

describe('a run of short requests', () => {
  it('is void when the bare forwarder is too slow beside kubectl proxy', () => {
    expect(findVoids([result('bare', 56), result('kubectl-proxy', 100)], undefined)).toHaveLength(1);
    expect(findVoids([result('bare', 55), result('kubectl-proxy', 100)], undefined)).toEqual([]);
  });

  it('is void when a request failed', () => {
    expect(findVoids([result('nginx', 20, 1)], undefined)).toEqual(['nginx: 1 of 1000 requests failed']);
  });

  it('is void when an answered request has no record', () => {
    expect(voids({ rows: { answered: 4999, all: 5010, people: 1000 } })).toHaveLength(1);
  });

  it('is void when there are more records than requests can have been sent', () => {
    expect(voids({ rows: { answered: 5000, all: 5033, people: 1000 } })).toHaveLength(1);
  });

  it('is void with fewer than a thousand people, asked or recorded', () => {
    expect(voids({ people: 999 })).toHaveLength(1);
    expect(voids({ rows: { answered: 5000, all: 5010, people: 999 } })).toHaveLength(1);
  });

  it('counts otherwise', () => {
    expect(voids({})).toEqual([]);
  });
});

describe('ratios', () => {
  it('divide the gateway by each peer and leave out its own other forms', () => {
    expect(cpuRatios([result('gatehouse', 60), result('gatehouse-session', 70), result('bare', 40)])).toEqual({
      bare: 1.5,
    });
  });

  it('are absent where the gateway was not measured', () => {
    expect(cpuRatios([result('bare', 40)])).toEqual({});
  });
});
