import { describe, expect, it } from 'vitest';
import { allowed, everything, NS, request, rule, words } from './testdata/people.ts';
import { pick, random } from './testdata/random-rules.ts';

/** Spellings that `strconv.ParseInt(port, 10, 64)` of the API server reads as 80, and others. */
const EIGHTY = ['80', '080', '0000080', '+80', '+080'];
const OTHER_NUMBERS = ['81', '081', '800', '8', '00', '0', '-80', '65536', '65616', '+8', '9223372036854775807'];
/** No int64: the API server takes these for the name of a port. */
const WORDS = ['8_0', '0x50', '80a', ' 80', '++80', '8e1', '٨٠', '9223372036854775808', '99999999999999999999', ''];

const ask = (name: string, resource = 'services'): string =>
  `GET ${NS}/${resource}/${encodeURIComponent(name)}/proxy/x`;
const deny = (name: string) => [
  rule('allow', words('*', 'services/proxy pods/proxy')),
  rule('no', words('*', 'services/proxy pods/proxy', { resourceNames: [name] }), { effect: 'Deny' }),
];
const allow = (name: string) => [rule('r', words('*', 'services/proxy pods/proxy', { resourceNames: [name] }))];

describe('the port of a proxied name', () => {
  it.each(EIGHTY.flatMap((ruled) => EIGHTY.map((asked) => [ruled, asked])))(
    'ruled as %s is denied and allowed as %s',
    (ruled, asked) => {
      for (const prefix of ['', 'http:', 'https:']) {
        expect(allowed(deny(`web:${ruled}`), ask(`${prefix}web:${asked}`))).toBe(false);
        expect(allowed(allow(`${prefix}web:${ruled}`), ask(`${prefix}web:${asked}`))).toBe(true);
      }
      expect(allowed(deny(`web:${ruled}`), ask(`web:${asked}`, 'pods'))).toBe(false);
    },
  );
  it('is another one where the numbers differ', () => {
    for (const other of OTHER_NUMBERS) {
      expect([other, allowed(deny('web:80'), ask(`web:${other}`))]).toEqual([other, true]);
      expect([other, allowed(allow('web:80'), ask(`web:${other}`))]).toEqual([other, false]);
    }
  });
  it('that is a name may be any number to a Deny, and is only itself to an Allow', () => {
    for (const word of WORDS) {
      expect([word, allowed(deny('web:80'), ask(`web:${word}`))]).toEqual([word, false]);
      expect([word, allowed(allow('web:80'), ask(`web:${word}`))]).toEqual([word, false]);
      expect([word, allowed(allow(`web:${word}`), ask(`web:${word}`))]).toEqual([word, true]);
    }
  });
  it('is a number only where the proxy of services and pods reads it', () => {
    // A node's port is compared as text before the kubelet's credential is used, so 010250 and 10250 differ there.
    const node = [rule('r', words('*', 'nodes/proxy', { resourceNames: ['n:010250'] }))];
    expect(allowed(node, 'GET /api/v1/nodes/n:10250/proxy/pods')).toBe(false);
    const plain = [rule('r', words('get', 'services', { resourceNames: ['web:80'] }))];
    expect(allowed(plain, `GET ${NS}/services/web:080`)).toBe(false);
    const schemes = allow('http:web:80');
    for (const name of ['web:080', 'https:web:080', ':web:080'])
      expect([name, allowed(schemes, ask(name))]).toEqual([name, false]);
  });
  it('is forwarded byte for byte', () => {
    expect(request(ask('http:web:+080')).target).toBe(`${NS}/services/http%3Aweb%3A%2B080/proxy/x`);
  });

  it('is compared as Go reads it, whatever is asked: a Deny and an Allow never disagree about one number', () => {
    const spell = (): string => {
      const digits = `${pick(['', '0', '00'])}${pick(['0', '7', '80', '443', '8080', '65536', '18446744073709551696'])}`;
      return random() < 0.15 ? pick(WORDS) : `${pick(['', '', '', '+', '-'])}${digits}`;
    };
    /** `strconv.ParseInt(text, 10, 64)`, written with BigInt. */
    const parseInt64 = (text: string): bigint | undefined => {
      if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
      const value = BigInt(text.replace('+', ''));
      return BigInt.asIntN(64, value) === value ? value : undefined;
    };
    for (let round = 0; round < 2_000; round++) {
      const [ruled, asked] = [spell(), spell()];
      const [a, b] = [parseInt64(ruled), parseInt64(asked)];
      const isSame = ruled === asked || (a !== undefined && a === b);
      const mayBeSame = isSame || a === undefined || b === undefined;
      const bare = ruled === '' ? 'db' : 'web';
      expect([ruled, asked, allowed(allow(`${bare}:${ruled}`), ask(`${bare}:${asked}`))]).toEqual([
        ruled,
        asked,
        isSame,
      ]);
      expect([ruled, asked, allowed(deny(`${bare}:${ruled}`), ask(`${bare}:${asked}`))]).toEqual([
        ruled,
        asked,
        !mayBeSame,
      ]);
    }
    expect(allowed([rule('all', everything)], ask('web:080'))).toBe(false);
  });
});
