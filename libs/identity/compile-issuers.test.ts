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
