import { expect, test } from 'vitest';
import type { Grant, Identity } from '#model';
import { expiryWarnings } from './expiry-warnings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const person = (more: object = {}): Identity =>
  ({ credential: { kind: 'bearer', id: '' }, expiresAtMs: 0, ...more }) as unknown as Identity;
const stored = (savedAtMs: number, expiresAtMs: number | undefined): Grant =>
  ({ mode: 'storedToken', cluster: 'demo', savedAtMs, expiresAtMs }) as unknown as Grant;
const impersonate = { mode: 'impersonate', cluster: 'demo' } as unknown as Grant;
const withToken = (createdAtMs: number, expiresAtMs: number): Identity =>
  person({ credential: { kind: 'token', id: '1', token: { name: 'ci', createdAtMs } }, expiresAtMs });

test('nothing is said where nothing ends, or not soon', () => {
  expect(expiryWarnings(person(), impersonate, 0)).toEqual([]);
  expect(expiryWarnings(person(), stored(0, undefined), DAY)).toEqual([]);
  expect(expiryWarnings(person(), stored(0, 90 * DAY), 80 * DAY)).toEqual([]);
  expect(expiryWarnings(person(), stored(0, 10 * HOUR), 7 * HOUR)).toEqual([]);
  expect(expiryWarnings(withToken(0, 90 * DAY), impersonate, 80 * DAY)).toEqual([]);
});
test('a stored token is warned of a week before, or in the last fifth of a shorter life, and when it has ended', () => {
  const [soon] = expiryWarnings(person(), stored(0, 90 * DAY), 84 * DAY);
  expect(soon).toBe('your stored token for cluster "demo" ends at 1970-04-01T00:00:00Z; enter a new one at /-/');
  expect(expiryWarnings(person(), stored(0, 10 * HOUR), 8.5 * HOUR)).toHaveLength(1);
  expect(expiryWarnings(person(), stored(0, 10 * HOUR), 11 * HOUR)[0]).toContain('ended at');
});
test('so is an access token, but for one that a program renews by itself', () => {
  expect(expiryWarnings(withToken(0, 90 * DAY), impersonate, 84 * DAY)[0]).toContain('access token "ci" ends at');
  expect(expiryWarnings(withToken(0, 12 * HOUR), impersonate, 11.9 * HOUR)).toEqual([]);
  expect(expiryWarnings(withToken(0, 30 * DAY), stored(0, 30 * DAY), 29 * DAY)).toHaveLength(2);
});
