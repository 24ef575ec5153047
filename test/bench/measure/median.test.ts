import { describe, expect, it } from 'vitest';
import { median, percentile } from './median.ts';

describe('median and percentile', () => {
  it('refuse to make a number out of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  it('sort by size, not by spelling', () => {
    expect(median([100, 20, 3])).toBe(20);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(percentile([9, 80, 700], 0.99)).toBe(700);
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  });
});
