import { describe, expect, it } from 'vitest';
import { mergeResults } from './results.ts';

describe('results of several sections', () => {
  it('replace a list, which belongs to one section alone', () => {
    const row = { name: 'bare', cpuMicrosPerRequest: 1, requestsPerSecond: 1, p50Ms: 1, p99Ms: 1, rssMiB: 1 };
    expect(mergeResults({ shortRequests: [row] }, { shortRequests: [] })).toEqual({ shortRequests: [] });
  });

  it('are merged at every depth', () => {
    expect(
      mergeResults({ ratios: { cpu: { bare: 1.4 } }, watch: { count: 1 } }, { ratios: { discovery: 1 }, watch: {} }),
    ).toEqual({ ratios: { cpu: { bare: 1.4 }, discovery: 1 }, watch: { count: 1 } });
  });
});
