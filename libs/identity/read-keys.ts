import type { JWK } from 'jose';
import { isLoopbackName } from '#outbound';
import type { CompiledIssuer } from './compile-issuers.ts';
import type { FetchJson } from './fetch-json.ts';

/** RFC 7518 section 3.3: RSA keys of 2048 bits or more. */
const MIN_RSA_BYTES = 256;
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
};

/**
 * The signing keys that the issuer publishes: discovery document, which must name this very issuer (OpenID Connect
 * Discovery section 4.3), then its `jwks_uri`.
 * @throws Error where either cannot be had, or is not what it should be.
 */
export async function readKeys(issuer: CompiledIssuer, fetch: FetchJson): Promise<readonly JWK[]> {
  const { certificateAuthority, url } = issuer.issuer;
  // What is written in the Issuer was meant; what its document names must not lead to this machine from elsewhere.
  const allowLoopback = isLoopbackName(new URL(issuer.discoveryUrl).hostname);
  const document = (await fetch(issuer.discoveryUrl, certificateAuthority, { allowLoopback })) as {
    issuer?: unknown;
    jwks_uri?: unknown;
  } | null;
  if (document?.issuer !== url)
    throw new Error(
      `the discovery document names the issuer ${JSON.stringify(document?.issuer)}, not ${JSON.stringify(url)}`,
    );
  if (typeof document.jwks_uri !== 'string' || !document.jwks_uri.startsWith('https://'))
    throw new Error('the discovery document has no https jwks_uri');
  const set = (await fetch(document.jwks_uri, certificateAuthority, { allowLoopback })) as { keys?: unknown } | null;
  if (!Array.isArray(set?.keys)) throw new Error('the key set has no keys');
  return set.keys.filter(isForSigning);
}

/** Symmetric keys have no place in a public document, and an encryption key signs nothing. */
function isForSigning(key: unknown): boolean {
  if (key === null || typeof key !== 'object') return false;
  const { kty, use, key_ops: operations } = key as JWK;
  return (
    typeof kty === 'string' &&
    kty !== 'oct' &&
    (use === undefined || use === 'sig') &&
    (!Array.isArray(operations) || operations.includes('verify'))
  );
}

/**
 * Whether this key can verify this algorithm. A key that says its algorithm serves no other (RFC 8725 section 3.1);
 * the curve has to fit as well, since RFC 7518 section 3.4 ties each ES algorithm to one.
 */
export function fitsAlgorithm(key: JWK, algorithm: string): boolean {
  if (key.alg !== undefined && key.alg !== algorithm && !(key.alg === 'EdDSA' && algorithm === 'Ed25519')) return false;
  const curve = CURVES[algorithm];
  if (curve !== undefined) return key.kty === (curve === 'Ed25519' ? 'OKP' : 'EC') && key.crv === curve;
  return key.kty === 'RSA' && typeof key.n === 'string' && Buffer.from(key.n, 'base64url').length >= MIN_RSA_BYTES;
}

/** What verification needs and no more: a private part that a provider published by mistake would import as a signing key. */
export function publicPart(key: JWK): JWK {
  const { kty, crv, x, y, n, e } = key;
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)) as JWK;
}
