import { describe, expect, it } from 'vitest';
import type { AskedIdentity, Grant } from '#model';
import { grantActingAs } from './grant-acting-as.ts';

const KEY = 'gatehouse.dev/original-user';
const own = { mode: 'impersonate', mapping: 'm', cluster: 'demo', user: 'ada', groups: ['g'], extra: { a: ['b'] } };
const asked: AskedIdentity = { user: 'bob', groups: ['x', 'y'], uid: '7', extra: { 'a.io/b': ['c'] } };
const act = (more: Partial<AskedIdentity> = {}, grant: object = own) =>
  grantActingAs(grant as unknown as Grant, { ...asked, ...more }, KEY);

describe('a Grant to act as somebody else', () => {
  it('is never made of a token', () => {
    for (const mode of ['storedToken', 'serviceAccount'])
      expect(act({}, { ...own, mode })).toMatchObject({ ok: false, message: expect.stringContaining('token') });
  });
  it.each([
    ['a name that no header carries', { user: 'bob\r\nImpersonate-Group: system:masters' }],
    ['a group with blanks at its end', { groups: ['x '] }],
    ['an empty name', { groups: [''] }],
    ['control characters in an extra', { extra: { 'a.io/b': ['\u0000'] } }],
    ['system:masters', { groups: ['x', 'system:masters'] }],
    ['the name of who acts', { extra: { [KEY]: ['somebody'] } }],
    ['another extra of the gateway', { extra: { 'gatehouse.dev/issuer': ['demo'] } }],
    ['a key that is no key', { extra: { 'a b': ['x'] } }],
    ['more names than are asked about', { groups: Array.from({ length: 50 }, (_, i) => `g${i}`) }],
  ])('is refused for %s', (_what, more) => {
    expect(act(more)).toMatchObject({ ok: false });
  });
  it('is the asked identity, nothing of the person’s own, and who they are', () => {
    expect(act()).toEqual({
      ok: true,
      grant: {
        mode: 'impersonate',
        mapping: 'm',
        cluster: 'demo',
        user: 'bob',
        groups: ['x', 'y'],
        uid: '7',
        extra: { 'a.io/b': ['c'], [KEY]: ['ada'] },
        originalUser: 'ada',
      },
    });
  });
});
