import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { idTokenClaims, type IdTokenOptions, type TokenSigner } from './identity-provider-tokens.ts';

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** What makes the third part of a token from the first two. */
export type Signer = (input: string) => Buffer;

/** A compact token of exactly this header, claims and signature; text is taken as it is, anything else as JSON. */
export function forgeToken(header: unknown, claims: unknown, signer: Signer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

export const noSignature: Signer = () => Buffer.alloc(0);

/** As ES256 signs: SHA-256, r and s side by side (RFC 7518 section 3.4). */
export function es256(key: KeyObject): Signer {
  return (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

export const hmac =
  (hash: 'sha256' | 'sha384' | 'sha512', secret: string | Buffer): Signer =>
  (input) =>
    createHmac(hash, secret).update(input).digest();

/** A key pair of somebody else, and how it looks in a token's header. */
export function createForeignKey(): { privateKey: KeyObject; publicJwk: JWK } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicJwk: publicKey.export({ format: 'jwk' }) as JWK };
}

export const privateKeyOf = (provider: TokenSigner): KeyObject =>
  createPrivateKey({ key: provider.signingKey as never, format: 'jwk' });

/** All the spellings in which a verifier might mistake the provider's public key for an HMAC secret. */
export function publicKeySpellings(provider: TokenSigner): Record<string, string | Buffer> {
  const publicKey = createPublicKey(privateKeyOf(provider));
  const jwk = publicKey.export({ format: 'jwk' });
  return {
    'the PEM': publicKey.export({ type: 'spki', format: 'pem' }),
    'the PEM without its last line break': String(publicKey.export({ type: 'spki', format: 'pem' })).trimEnd(),
    'the DER': publicKey.export({ type: 'spki', format: 'der' }),
    'the JWK': JSON.stringify(jwk),
    'the x coordinate': Buffer.from(jwk.x ?? '', 'base64url'),
    nothing: '',
  };
}

/** The header and claims of a good token, to be spoilt in one place. */
export function goodParts(
  provider: TokenSigner,
  person: string,
  options: IdTokenOptions = {},
): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  return {
    header: { alg: 'ES256', kid: provider.signingKey.kid, typ: 'JWT', ...options.header },
    claims: idTokenClaims(provider, person, options),
  };
}
