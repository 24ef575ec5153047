import { describe, expect, it } from 'vitest';
import { calmest, needsRun } from './calm-runs.ts';

const runs = (...shares: number[]) => shares.map((foreignShare, at) => ({ foreignShare, at }));

describe('runs on a machine that others use as well', () => {
  it('are repeated while too few are calm, but not for ever', () => {
    expect(needsRun(runs(0.5, 0), 2)).toBe(true);
    expect(needsRun(runs(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), 2)).toBe(false);
  });

  it('are not repeated once enough were calm', () => {
    expect(needsRun(runs(0.5, 0, 0.01), 2)).toBe(false);
  });

  it('are chosen by how little else was going on', () => {
    expect(calmest(runs(0.5, 0.01, 0.3), 2).map((run) => run.at)).toEqual([1, 2]);
  });
});
