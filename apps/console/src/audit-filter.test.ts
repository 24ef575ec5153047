import { expect, it } from 'vitest';
import { readFilter, toApiQuery, writeFilter } from './audit-filter.ts';

it('drops what is no filter and keeps what is', () => {
  expect(readFilter('?user=demo%3Abob&evil=1&verb=')).toEqual({ user: 'demo:bob' });
});

it('comes back from the URL as it went in', () => {
  const filter = { user: 'a b&c', namespace: 'team-a', decision: 'deny' };
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(writeFilter({ user: '  ' })).toBe('');
});

it('sends times as RFC 3339 and no broken ones', () => {
  expect(toApiQuery({ since: '2026-01-01T00:00:00Z', until: 'nonsense' }, 50)).toBe('?since=2026-01-01T00%3A00%3A00.000Z&limit=50');
});
