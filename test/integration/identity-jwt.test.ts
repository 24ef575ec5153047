import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CompactEncrypt, generateKeyPair } from 'jose';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createForeignKey,
  es256,
  forgeToken,
  goodParts,
  hmac,
  noSignature,
  privateKeyOf,
  publicKeySpellings,
} from '../support/identity-provider-forgeries.ts';
import { createIdentityStage, issuerOf, type IdentityStage } from '../support/identity-provider-gateway.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';

let provider: IdentityProvider;
let stage: IdentityStage;
/** Serves the attacker's keys, should anybody come and ask. */
let attacker: Server;
let attackerRequests = 0;
let attackerUrl: string;
let attackerCertificate: string;
const foreign = createForeignKey();

beforeAll(async () => {
  const options = { redirectUris: ['https://127.0.0.1:8443/-/auth/callback'], idTokenSeconds: 3600 };
  provider = await startIdentityProvider(options);
  stage = createIdentityStage([issuerOf(provider)]);
  const pair = await generate([{ name: 'commonName', value: 'localhost' }]);
  attackerCertificate = pair.cert;
  attacker = createServer({ cert: pair.cert, key: pair.private }, (_request, response) => {
    attackerRequests++;
    response.end(JSON.stringify({ keys: [foreign.publicJwk] }));
  });
  attacker.on('connection', () => attackerRequests++);
  await new Promise<void>((resolve) => attacker.listen(0, 'localhost', resolve));
  attackerUrl = `https://localhost:${(attacker.address() as AddressInfo).port}/keys`;
});
afterAll(async () => {
  attacker?.close();
  await provider?.stop();
});

const good = (options = {}) => goodParts(provider, 'alice', options);
const resigned = (header: object): string =>
  forgeToken({ ...good().header, ...header }, good().claims, es256(privateKeyOf(provider)));

describe('a token is refused for its form, header or signature:', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', 'none '])('with the algorithm "%s", signed or not', async (alg) => {
    const { header, claims } = good({ header: { alg } });
    for (const signer of [noSignature, es256(privateKeyOf(provider)), () => Buffer.from([0])])
      expect(await stage.verdict(forgeToken(header, claims, signer))).toBe('invalidCredential');
  });

  test.each(['HS256', 'HS384', 'HS512'] as const)('with %s by the provider’s public key', async (alg) => {
    const hash = ({ HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const)[alg];
    const { header, claims } = good({ header: { alg } });
    const spellings = Object.entries(publicKeySpellings(provider));
    expect(spellings).toHaveLength(6);
    for (const [spelling, secret] of spellings)
      expect(await stage.verdict(forgeToken(header, claims, hmac(hash, secret))), spelling).toBe('invalidCredential');
  });

  test.each([
    'ES384',
    'ES512',
    'RS256',
    'RS512',
    'PS256',
    'EdDSA',
    'Ed25519',
    'ES256K',
    'es256',
    'ML-DSA-44',
    '',
    undefined,
    null,
    7,
    ['ES256'],
    { a: 1 },
  ])('with the algorithm %j, which is not the key’s', async (alg) => {
    expect(await stage.verdict(resigned({ alg }))).toBe('invalidCredential');
  });

  test('signed with a foreign key, whatever its header says of where that key is', async () => {
    const chain = [attackerCertificate.replaceAll(/-----[A-Z ]+-----|\s/g, '')];
    const tricks = [
      {},
      { jwk: foreign.publicJwk },
      { jku: attackerUrl },
      { x5u: attackerUrl },
      { x5c: chain },
      { jku: attackerUrl, x5u: attackerUrl, x5c: chain, jwk: { ...foreign.publicJwk, kid: 'mine' } },
    ];
    for (const trick of tricks)
      for (const kid of [provider.signingKey.kid, 'mine', attackerUrl, undefined]) {
        const { header, claims } = good({ header: { ...trick, kid } });
        const token = forgeToken(header, claims, es256(foreign.privateKey));
        expect(await stage.verdict(token), JSON.stringify({ ...trick, kid })).toBe('invalidCredential');
      }
    expect(attackerRequests).toBe(0);
  });

  test.each([
    '../../../dev/null',
    "' OR '1'='1",
    '__proto__',
    'constructor',
    '*',
    '%00',
    'key\u0000',
    '',
    'x'.repeat(4000),
    0,
    1,
    true,
    null,
    ['a'],
    { kid: 'a' },
  ])('with the key id %j', async (kid) => {
    expect(await stage.verdict(resigned({ kid }))).toBe('invalidCredential');
  });

  test.each([
    { crit: ['exp'] },
    { crit: [] },
    { crit: ['b64'], b64: false },
    { crit: ['http://example/x'] },
    { crit: null },
  ])('with the critical header %j', async (header) => {
    expect(await stage.verdict(resigned(header))).toBe('invalidCredential');
  });

  test.each(['at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt', 'JWE', 'JOSE+JSON', '', 7, null, ['JWT']])(
    'of the type %j, which is no ID token',
    async (typ) => {
      expect(await stage.verdict(resigned({ typ }))).toBe('invalidCredential');
    },
  );

  test('with another signature than its own', async () => {
    const token = await provider.issueIdToken('alice');
    const bobs = await provider.issueIdToken('bob');
    const [header = '', claims = '', signature = ''] = token.split('.');
    const [, bobsClaims = '', bobsSignature = ''] = bobs.split('.');
    const zero = Buffer.alloc(64).toString('base64url');
    for (const [what, spoilt] of Object.entries({
      'of another token': [header, claims, bobsSignature],
      'for other claims': [header, bobsClaims, signature],
      cut: [header, claims, signature.slice(0, -4)],
      doubled: [header, claims, signature + signature],
      'of zeros (psychic signature)': [header, claims, zero],
      'with its bits turned': [
        header,
        claims,
        Buffer.from(Buffer.from(signature, 'base64url').map((byte) => byte ^ 255)).toString('base64url'),
      ],
      'for another header': [
        Buffer.from(JSON.stringify({ ...goodParts(provider, 'alice').header, x: 1 })).toString('base64url'),
        claims,
        signature,
      ],
    }))
      expect(await stage.verdict(spoilt.join('.')), what).toBe('invalidCredential');
    expect(await stage.verdict(token)).toBe('identified demo:alice');
  });

  test('in any other form than the compact one', async () => {
    const token = await provider.issueIdToken('alice');
    const [header = '', claims = '', signature = ''] = token.split('.');
    const forms = [
      JSON.stringify({ protected: header, payload: claims, signature }),
      `${token}.`,
      `.${token}`,
      `${token}.x`,
      `${header}.${claims}`,
      `${header}..${signature}`,
      `${header}.${claims}.`,
      `..`,
      'a.b.c',
      `${header}=.${claims}=.${signature}=`,
      `${token}%00`,
      `${token},${token}`,
      token.replace('.', '..'),
      `"${token}"`,
      forgeToken('not json', '{}', noSignature),
      forgeToken('[]', '[]', es256(privateKeyOf(provider))),
      forgeToken('null', 'null', es256(privateKeyOf(provider))),
    ];
    for (const form of forms) expect(await stage.verdict(form), form.slice(0, 60)).toBe('invalidCredential');
  });

  test('that is encrypted, a compressed bomb among them', async () => {
    const { publicKey } = await generateKeyPair('ECDH-ES');
    const encrypted = await new CompactEncrypt(Buffer.from(await provider.issueIdToken('alice')))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid: provider.signingKey.kid as string })
      .encrypt(publicKey);
    expect(encrypted.split('.')).toHaveLength(5);
    const bomb = await new CompactEncrypt(Buffer.alloc(240 * 1024))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', zip: 'DEF' })
      .encrypt(publicKey);
    for (const token of [encrypted, bomb]) expect(await stage.verdict(token)).toBe('invalidCredential');
  });

  test('that is well signed and longer than 16 KiB, before it is parsed', async () => {
    const withFiller = (size: number): Promise<string> =>
      provider.issueIdToken('alice', { claims: { filler: 'x'.repeat(size) } });
    const base = (await withFiller(0)).length;
    const fitting = await withFiller(Math.floor(((16 * 1024 - base) * 3) / 4) - 2);
    expect(fitting.length).toBeGreaterThan(16 * 1024 - 8);
    expect(await stage.verdict(fitting)).toBe('identified demo:alice');
    const long = await withFiller(13 * 1024);
    expect(long.length).toBeGreaterThan(16 * 1024);
    expect(stage.ask(long)).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
    const megabytes = forgeToken(good().header, { x: 'x'.repeat(4 * 1024 * 1024) }, noSignature);
    const startedAt = performance.now();
    expect(stage.ask(megabytes)).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
    expect(stage.ask('.'.repeat(4 * 1024 * 1024))).toMatchObject({ outcome: 'failed' });
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });

  test('of an issuer that is not known, with what its token says and what is nearest', async () => {
    const ofIssuer = async (iss: unknown) => await stage.ask(await provider.issueIdToken('alice', { claims: { iss } }));
    const told = (message: RegExp) => ({ outcome: 'failed', message: expect.stringMatching(message) as string });
    expect(await ofIssuer(`${provider.issuerUrl}/`)).toMatchObject(
      told(/"demo" differs from it by the slash at its end/),
    );
    expect(await ofIssuer('https://elsewhere.example')).toMatchObject(
      told(/not know: "https:\/\/elsewhere\.example"$/),
    );
    expect(await ofIssuer(7)).toMatchObject(told(/its claim "iss" is missing, or no text/));
    expect(await ofIssuer('x'.repeat(9999))).toMatchObject(told(/^.{1,300}$/));
  });

  test('of an algorithm that its issuer does not allow, though the key could', async () => {
    const narrow = createIdentityStage([issuerOf(provider, { signingAlgorithms: ['RS256', 'PS256'] })]);
    expect(await narrow.verdict(await provider.issueIdToken('alice'))).toBe('invalidCredential');
  });

  test('never by an exception, whatever bytes come', async () => {
    const pieces = [
      '',
      '.',
      'e30',
      'eyJ',
      '=',
      '\u0000',
      'é',
      '{"alg":"none"}',
      Buffer.from('{"alg":"ES256"}').toString('base64url'),
      'A'.repeat(300),
    ];
    for (const a of pieces)
      for (const b of pieces)
        for (const c of pieces) expect(await stage.verdict(`${a}.${b}.${c}`)).toBe('invalidCredential');
  });
});
