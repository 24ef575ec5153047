import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticate, compileIssuers, createKeySets, createVerifiedCache } from '#identity';
import { es256, forgeToken, goodParts, privateKeyOf } from '../support/identity-provider-forgeries.ts';
import { createIdentityStage, issuerOf, type IdentityStage } from '../support/identity-provider-gateway.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';

let provider: IdentityProvider;
let other: IdentityProvider;
let stage: IdentityStage;

beforeAll(async () => {
  const options = { redirectUris: ['https://127.0.0.1:8443/-/auth/callback'], idTokenSeconds: 3600 };
  [provider, other] = await Promise.all([startIdentityProvider(options), startIdentityProvider(options)]);
  stage = createIdentityStage([
    issuerOf(provider),
    issuerOf(other, { name: 'other', claimMappings: { username: { claim: 'sub', prefix: 'other:' } } }),
  ]);
});
afterAll(() => Promise.all([provider?.stop(), other?.stop()]));

const good = () => goodParts(provider, 'alice');

describe('a well-signed token is refused for its claims:', () => {
  test.each([
    ['other'],
    ['Gatehouse'],
    ['gatehouse '],
    ['gatehouse,other'],
    [''],
    [['other', 'another']],
    [[]],
    [[['gatehouse']]],
    [7],
    [{ gatehouse: true }],
    [null],
    [undefined],
  ])('for the audience %j', async (aud) => {
    expect(await stage.verdict(await provider.issueIdToken('alice', { claims: { aud } }))).toBe('invalidCredential');
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'an access token as Keycloak gives it to our client, for another',
      async () => await provider.issueIdToken('alice', { claims: { aud: 'account', azp: 'gatehouse' } }),
      /for the audience "account", and issuer "demo" takes "gatehouse" \(it was given to "gatehouse", its azp.*send the ID token.*or have the provider add that audience/,
    ],
    [
      'an access token by RFC 9068',
      async () => await provider.issueIdToken('alice', { header: { typ: 'at+jwt' } }),
      /of another type \(at\+jwt\) than an ID token; send the ID token/,
    ],
    ['an opaque access token', async () => '2YotnFZFEjr1zCsicMWpAA', /not a signed JWT; .*send the ID token instead/],
  ])('%s, and says what to do', async (_what, make, words) => {
    const answer = await stage.ask(await make());
    expect(answer).toMatchObject({ outcome: 'failed', message: expect.stringMatching(words) });
  });

  test('of a near-miss issuer, though well signed', async () => {
    const { issuerUrl } = provider;
    const near = [
      `${issuerUrl}/`,
      issuerUrl.toUpperCase(),
      issuerUrl.replace('https', 'http'),
      ` ${issuerUrl}`,
      `${issuerUrl}\n`,
      `${issuerUrl}#`,
      `${issuerUrl}?`,
      issuerUrl.replace('localhost', 'localhost.'),
      issuerUrl.replace('localhost', '127.0.0.1'),
      `${issuerUrl}@evil.example`,
      '',
      [issuerUrl],
      [issuerUrl, 'x'],
      { url: issuerUrl },
      7,
      null,
      undefined,
    ];
    for (const iss of near)
      expect(await stage.verdict(await provider.issueIdToken('alice', { claims: { iss } })), JSON.stringify(iss)).toBe(
        'invalidCredential',
      );
  });

  test('signed by one known issuer in the name of another', async () => {
    expect(await stage.verdict(await other.issueIdToken('alice'))).toBe('identified other:alice');
    for (const kid of [other.signingKey.kid, provider.signingKey.kid, undefined]) {
      const token = await other.issueIdToken('alice', { issuer: provider.issuerUrl, header: { kid } });
      expect(await stage.verdict(token)).toBe('invalidCredential');
    }
  });

  test.each([-2, -31, -60, -86_400])('that expired %i s ago, as an expired one', async (expiresInSeconds) => {
    expect(await stage.verdict(await provider.issueIdToken('alice', { expiresInSeconds }))).toBe('expiredCredential');
  });

  test('that has no end, or none that can be read', async () => {
    const raw = (exp: string): string =>
      forgeToken(
        good().header,
        JSON.stringify({ ...good().claims, exp: 0 }).replace('"exp":0', `"exp":${exp}`),
        es256(privateKeyOf(provider)),
      );
    expect(await stage.verdict(await provider.issueIdToken('alice', { claims: { exp: undefined } }))).toBe(
      'invalidCredential',
    );
    for (const exp of ['"9999999999"', 'null', 'true', '[]', '{}', '1e400', '1e300', '8640000000001'])
      expect(await stage.verdict(raw(exp)), exp).toBe('invalidCredential');
  });

  test.each(['nbf', 'iat'])('whose time is none (%s)', async (claim) => {
    for (const odd of ['0', null, [], {}])
      expect(await stage.verdict(await provider.issueIdToken('alice', { claims: { [claim]: odd } }))).toBe(
        'invalidCredential',
      );
  });

  test('well signed, with claims that name nobody', async () => {
    for (const claims of [
      { preferred_username: 'a\r\nb' },
      { preferred_username: ' ' },
      { groups: { a: 1 } },
      { sub: undefined },
      { preferred_username: 'x'.repeat(1025) },
    ])
      for (let twice = 0; twice < 2; twice++)
        expect(await stage.verdict(await provider.issueIdToken('alice', { claims }))).toBe('invalidCredential');
  });
});

describe('a token identifies', () => {
  test('each person of the provider, with their group', async () => {
    for (const [person, group] of Object.entries({
      alice: 'team-a-admins',
      bob: 'team-a-viewers',
      carol: 'auditors',
      dave: 'team-a-stored',
      root: 'cluster-admins',
    }))
      expect(await stage.ask(await provider.issueIdToken(person))).toMatchObject({
        outcome: 'identified',
        identity: {
          issuer: 'demo',
          issuerUrl: provider.issuerUrl,
          subject: person,
          username: `demo:${person}`,
          groups: [`demo:${group}`],
          credential: { kind: 'bearer' },
        },
      });
  });

  test('for one audience among several, without typ, without kid, and by an own type', async () => {
    for (const options of [
      { audience: ['other', 'gatehouse'] },
      { header: { typ: undefined } },
      { header: { kid: undefined } },
      { header: { typ: 'application/jwt' } },
    ])
      expect(await stage.verdict(await provider.issueIdToken('alice', options))).toBe('identified demo:alice');
  });

  test.each(['RS256', 'PS384', 'ES512', 'EdDSA'])('with %s where the issuer has such a key', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: alg };
    const url = 'https://login.example';
    const fetch = async (address: string): Promise<unknown> =>
      address.endsWith('/keys') ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/keys` };
    const token = await new SignJWT({ preferred_username: 'alice' })
      .setProtectedHeader({ alg, kid: alg })
      .setIssuer(url)
      .setAudience('gatehouse')
      .setSubject('alice')
      .setExpirationTime('1h')
      .sign(privateKey);
    const issuers = compileIssuers([issuerOf(provider, { issuer: { url, audiences: ['gatehouse'] } })]);
    const ports = {
      now: Date.now,
      keySets: createKeySets({ now: Date.now, fetch }),
      verifiedCache: createVerifiedCache(),
      accessTokens: { findAccessToken: () => undefined },
      disabledPeople: { has: () => false },
      sessions: { find: async () => undefined, touch: async () => {} },
    };
    const none = { authorization: undefined, websocketBearer: undefined, cookies: [], cookieAllowed: false };
    for (const input of [{ authorization: `bearer ${token}` }, { websocketBearer: token }])
      expect(await authenticate({ ...none, ...input }, issuers, ports)).toMatchObject({
        outcome: 'identified',
        identity: { username: 'demo:alice', groups: [] },
      });
  });
});
