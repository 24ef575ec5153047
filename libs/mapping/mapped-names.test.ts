import { describe, expect, it } from 'vitest';
import { groups, person, user, USER } from './testdata/people.ts';

describe('a mapped name', () => {
  it('is refused when empty, blank, padded, too long, or not fit for a header', () => {
    for (const value of [
      '',
      ' ',
      '\t',
      ' bob',
      'bob ',
      'bob\n',
      'a\r\nImpersonate-Group: system:masters',
      'a\0b',
      'a\x7f',
      'a\x85b',
      'a\u2028b',
      '\u00a0bob',
      'bob\u3000',
      '\ud800',
      'x'.repeat(1025),
    ]) {
      expect([value, user({ claim: 'n' }, person('x', [], { n: value }))]).toMatchObject([
        value,
        { ok: false, code: 'badMappedIdentity' },
      ]);
      expect([value, user({ claim: 'n', prefix: 'p:' }, person('x', [], { n: value }))]).toMatchObject([
        value,
        { ok: false, code: 'badMappedIdentity' },
      ]);
      expect([value, user({ value }, person('x'))]).toMatchObject([value, { ok: false, code: 'badMappedIdentity' }]);
      expect([value, groups([{ claim: 'g' }], person('x', [], { g: ['ok', value] }))]).toMatchObject([
        value,
        { ok: false, code: 'badMappedIdentity' },
      ]);
    }
  });
  it('is refused when the claim is absent, inherited, nested or of another type', () => {
    for (const n of [undefined, null, 1, true, {}, { n: 'x' }, [], ['a', 'b'], [['a']], [1]])
      expect([n, user({ claim: 'n' }, person('x', [], { n }))]).toMatchObject([
        n,
        { ok: false, code: 'badMappedIdentity' },
      ]);
    for (const claim of ['toString', '__proto__', 'constructor'])
      expect([claim, user({ claim }, person('x'))]).toMatchObject([claim, { ok: false, code: 'badMappedIdentity' }]);
    expect(user({ claim: 'a.b' }, person('x', [], { a: { b: 'bob' } }))).toMatchObject({ ok: false });
    expect(user({ claim: 'https://c.example/n' }, person('x', [], { 'https://c.example/n': 'bob' }))).toMatchObject({
      ok: true,
      grant: { user: 'bob' },
    });
  });
  it('of system: is refused unless the mapping spells it', () => {
    for (const name of ['system:masters', 'system:', 'system:admin', 'system:serviceaccount:a:b']) {
      expect(user({ claim: 'n' }, person('x', [], { n: name }))).toMatchObject({
        ok: false,
        code: 'badMappedIdentity',
      });
      expect(user(USER, person(name))).toMatchObject({ ok: false, code: 'badMappedIdentity' });
      expect(
        user({ claim: 'n', prefix: name.slice(0, 3) }, person('x', [], { n: name.slice(3) || 'x' })),
      ).toMatchObject({ ok: false, code: 'badMappedIdentity' });
      expect(groups([{ from: 'groups' }], person('x', ['dev', name]))).toMatchObject({
        ok: false,
        code: 'badMappedIdentity',
      });
      expect(user({ value: name }, person('x'))).toMatchObject({ ok: true, grant: { user: name } });
    }
    expect(groups([{ value: 'system:masters' }], person('x'))).toMatchObject({
      ok: true,
      grant: { groups: ['system:masters'] },
    });
    expect(user({ claim: 'n', prefix: 'demo:' }, person('x', [], { n: 'system:admin' }))).toMatchObject({
      ok: true,
      grant: { user: 'demo:system:admin' },
    });
  });
  it('is otherwise taken as it is: commas, quotes, other scripts, look-alikes', () => {
    for (const name of ['cn=a,ou=b', '"x"', 'Ünïcode €', 'ѕystem:masters', 'a  b', 'System:masters', 'a%20b'])
      expect([name, user(USER, person(name))]).toMatchObject([name, { ok: true, grant: { user: name } }]);
  });
});
