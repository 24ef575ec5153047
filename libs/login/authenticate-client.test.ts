import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authenticateClient } from './authenticate-client.ts';
import type { LoginIssuer } from './login-issuer.ts';

const METADATA = { issuer: 'https://id.example.com', token_endpoint: 'https://id.example.com/token' };
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What would be sent to the token endpoint. */
async function sent(issuer: Partial<LoginIssuer>, metadata: object = {}) {
  const prove = await authenticateClient(issuer as LoginIssuer, { ...METADATA, ...metadata });
  const [body, headers] = [new URLSearchParams(), new Headers()];
  // An assertion is signed in a promise, which the type does not tell.
  await prove({ ...METADATA, ...metadata }, { client_id: 'gatehouse' }, body, headers);
  return { body, authorization: headers.get('authorization') };
}

describe('a login client', () => {
  test('whose key cannot sign assertions is refused', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    await expect(sent({ clientKey: pem(privateKey) })).rejects.toThrow('neither RSA nor EC');
    await expect(sent({ clientKey: 'nonsense' })).rejects.toThrow('DECODER');
  });

  test('sends its secret in the header, and in the body or as a key only where the provider takes it nowhere else', async () => {
    const { authorization, body } = await sent({ clientSecret: 's3cret' });
    expect(authorization).toBe(`Basic ${Buffer.from('gatehouse:s3cret').toString('base64')}`);
    expect(body.has('client_secret')).toBe(false);
    const both = { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'] };
    expect((await sent({ clientSecret: 's3cret' }, both)).authorization).toMatch(/^Basic /);
    const post = await sent(
      { clientSecret: 's3cret' },
      { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    );
    expect([post.authorization, post.body.get('client_secret')]).toEqual([null, 's3cret']);
    const assertion = await sent(
      { clientSecret: 's3cret' },
      { token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_jwt'] },
    );
    expect([assertion.authorization, assertion.body.has('client_secret')]).toEqual([null, false]);
    expect(assertion.body.get('client_assertion')).toMatch(/^ey/);
    expect((await sent({})).body.get('client_id')).toBe('gatehouse');
  });

  test.each([
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), {}, 'RS256'],
    [
      'RSA where the provider wants PSS',
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      { token_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256'] },
      'PS256',
    ],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), {}, 'ES256'],
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), {}, 'ES384'],
  ])('with a key of %s sends an assertion, and no secret', async (_what, pair, metadata, alg) => {
    const { body, authorization } = await sent({ clientKey: pem(pair.privateKey), clientKeyId: 'one' }, metadata);
    expect([authorization, body.has('client_secret')]).toEqual([null, false]);
    expect(body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const [header = '', claims = '', signature = ''] = (body.get('client_assertion') ?? '').split('.');
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toMatchObject({ alg, kid: 'one' });
    expect(read(claims)).toMatchObject({ iss: 'gatehouse', sub: 'gatehouse', jti: expect.any(String) as string });
    if (alg !== 'ES256') return;
    const signed = Buffer.from(`${header}.${claims}`);
    const key = { key: pair.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });
});
