import { expect, it } from 'vitest';
import { fromLocalInput, showAge, showTime, toLocalInput } from './show-time.ts';

it('shows nothing for what is no time', () => {
  expect(showTime('yesterday')).toBe('');
  expect(toLocalInput(undefined)).toBe('');
  expect(fromLocalInput('')).toBe('');
  expect(fromLocalInput('soon')).toBe('');
  expect(showAge(undefined, 0)).toBe('');
});

it('brings a time back from the form unchanged, in every zone', () => {
  for (const time of ['2026-01-31T12:00:00Z', '2026-07-01T23:59:58Z'])
    expect(fromLocalInput(toLocalInput(time))).toBe(time);
});

it('shows a time in digits that sort', () => {
  expect(showTime('2026-01-31T12:00:00.123456Z')).toMatch(/^2026-0[12]-\d\d \d\d:\d\d:00$/);
});

it('shows an age in the unit that says most', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(showAge('2026-01-01T23:59:18Z', now)).toBe('42s');
  expect(showAge('2026-01-01T23:55:00Z', now)).toBe('5m');
  expect(showAge('2026-01-01T21:00:00Z', now)).toBe('3h');
  expect(showAge('2025-12-30T00:00:00Z', now)).toBe('3d');
  expect(showAge('2026-01-03T00:00:00Z', now)).toBe('0s');
});
