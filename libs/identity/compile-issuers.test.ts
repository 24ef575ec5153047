import { describe, expect, test } from 'vitest';
import { compileIssuers } from './compile-issuers.ts';
import { issuerInput } from './testdata/issuer.ts';

const url = 'https://login.example';

describe('compileIssuers', () => {
  test.each(['none', 'HS256', 'HS384', 'HS512', 'RSA1_5', 'dir', ''])(
    'refuses an issuer that allows the algorithm "%s"',
    (algorithm) => {
      expect(() => compileIssuers([issuerInput({ signingAlgorithms: ['ES256', algorithm] })])).toThrow(
        /not asymmetric/,
      );
    },
  );

  test('refuses two issuers with one url: whose would a token be?', () => {
    expect(() => compileIssuers([issuerInput(), issuerInput({ name: 'other' })])).toThrow(/same url/);
  });

  const named = (name: string, prefix: string, groups = `${name}:`) =>
    issuerInput({
      name,
      issuer: { url: `https://${name}.example`, audiences: ['a'] },
      claimMappings: { username: { claim: 'sub', prefix }, groups: { claim: 'groups', prefix: groups } },
    });
  test.each([
    ['one prefix', named('a', 'x:'), named('b', 'x:')],
    ['no prefix at one of them', named('a', ''), named('b', 'x:')],
    ['a prefix that begins with the other', named('a', 'x:'), named('b', 'x:y:')],
    ['one prefix of groups', named('a', 'a:', 'g:'), named('b', 'b:', 'g:')],
    [
      'an expression without a literal prefix',
      named('a', 'a:'),
      { ...named('b', 'b:'), claimMappings: { username: { expression: 'claims.sub' } } },
    ],
  ])('refuses two issuers with %s: their alice would be one', (_what, one, other) => {
    expect(() => compileIssuers([one, other])).toThrow(/prefix/);
    expect(() => compileIssuers([other, one])).toThrow(/prefix/);
  });

  test('takes two issuers whose names cannot meet', () => {
    const expression = { ...named('b', 'b:'), claimMappings: { username: { expression: "'b:' + claims.sub" } } };
    expect(() => compileIssuers([named('a', 'a:'), expression, named('c', 'c:')])).not.toThrow();
  });

  test('refuses to name people by an e-mail address that nobody has looked at', () => {
    const username = { expression: "'x:' + claims.email" };
    expect(() => compileIssuers([issuerInput({ claimMappings: { username } })])).toThrow(/email_verified/);
    const rule = { expression: 'claims.?email_verified.orValue(true) == true' };
    expect(() =>
      compileIssuers([issuerInput({ claimMappings: { username }, claimValidationRules: [rule] })]),
    ).not.toThrow();
  });

  test.each([
    'https://login.example/',
    'https://login.example:443',
    'https://LOGIN.example',
    'http://login.example',
    'https://login.example#',
    ' https://login.example',
    'https://login.example\u0000',
    'https://login.example.evil.example',
    'https://login.exаmple',
    '',
    '__proto__',
  ])('does not know %j: an issuer is known by its exact bytes', (near) => {
    expect(compileIssuers([issuerInput()]).byUrl(near)).toBeUndefined();
    expect(compileIssuers([issuerInput()]).byUrl(url)?.name).toBe('demo');
  });

  test('the version changes with what decides about signatures, and not with how claims are mapped', () => {
    const versionOf = (changes: Parameters<typeof issuerInput>[0]): string | undefined =>
      compileIssuers([issuerInput(changes)]).byName('demo')?.version;
    const version = versionOf({});
    expect(versionOf({ issuer: { url, audiences: ['other'] } })).not.toBe(version);
    expect(versionOf({ issuer: { url, audiences: ['gatehouse'], certificateAuthority: 'PEM' } })).not.toBe(version);
    expect(versionOf({ issuer: { url, audiences: ['gatehouse'], discoveryURL: `${url}/d` } })).not.toBe(version);
    expect(versionOf({ signingAlgorithms: ['ES256'] })).not.toBe(version);
    expect(versionOf({ claimMappings: { username: { claim: 'sub', prefix: '' } } })).toBe(version);
  });

  test.each([
    [{ url, audiences: ['a'] }, `${url}/.well-known/openid-configuration`],
    [{ url: `${url}/tenant/`, audiences: ['a'] }, `${url}/tenant/.well-known/openid-configuration`],
    [{ url, discoveryURL: 'https://inside.example/document', audiences: ['a'] }, 'https://inside.example/document'],
  ])('reads the discovery document of %j at %s', (issuer, expected) => {
    expect(compileIssuers([issuerInput({ issuer })]).byName('demo')?.discoveryUrl).toBe(expected);
  });
});
