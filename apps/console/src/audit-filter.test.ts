import { expect, it } from 'vitest';
import { readFilter, readForm, toApiQuery, writeFilter } from './audit-filter.ts';
import { toLocalInput } from './show-time.ts';

it('drops what is no filter and keeps what is', () => {
  expect(readFilter('?user=demo%3Abob&evil=1&verb=')).toEqual({ user: 'demo:bob' });
});

it('comes back from the URL as it went in', () => {
  const filter = { user: 'a b&c=d#e+é', namespace: 'team-a', decision: 'deny', since: '2026-01-01T00:00:00Z' };
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(writeFilter({ user: '  ' })).toBe('');
});

it('sends a malformed time on, so that the gateway refuses it', () => {
  expect(toApiQuery({ until: 'nonsense' }, 50)).toBe('?until=nonsense&limit=50');
});

it('adds the page to the filter', () => {
  expect(toApiQuery({ verb: 'get' }, 50, 'a/b=')).toBe('?verb=get&limit=50&continue=a%2Fb%3D');
});

it('reads the local times of the form as RFC 3339', () => {
  const form = new FormData();
  form.set('user', ' demo:bob ');
  form.set('since', toLocalInput('2026-03-04T05:06:07Z'));
  form.set('until', '');
  expect(readForm(form)).toEqual({ user: 'demo:bob', since: '2026-03-04T05:06:07Z' });
});
