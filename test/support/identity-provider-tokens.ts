import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { exportJWK, SignJWT, type JWK } from 'jose';
import { claimsOf } from './identity-provider-people.ts';

export const ALGORITHM = 'ES256';

export interface IdTokenOptions {
  /** May be negative: then the token has expired. */
  readonly expiresInSeconds?: number;
  readonly audience?: string | string[];
  readonly issuer?: string;
  /** Replaces or adds claims; an undefined value removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Replaces or adds header members, `alg` and `kid` among them; the signature is still this provider's. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** What signing in a provider's name needs; plain data, so that another process of a test can do it. */
export interface TokenSigner {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly signingKey: JWK;
}

export async function createSigningKey(): Promise<JWK> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: ALGORITHM, use: 'sig' };
}

/** The claims that an ID token of this provider has. */
export function idTokenClaims(
  provider: Pick<TokenSigner, 'issuerUrl' | 'clientId'>,
  person: string,
  options: IdTokenOptions = {},
): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const expiresIn = options.expiresInSeconds ?? 3600;
  const claims: Record<string, unknown> = {
    ...claimsOf(person),
    iss: options.issuer ?? provider.issuerUrl,
    aud: options.audience ?? provider.clientId,
    iat: expiresIn > 0 ? now : now + expiresIn - 3600,
    exp: now + expiresIn,
    ...options.claims,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** Signs an ID token with a provider's key; pure but for the clock. */
export async function signIdToken(
  provider: TokenSigner,
  person: string,
  options: IdTokenOptions = {},
): Promise<string> {
  const key = createPrivateKey({ key: provider.signingKey as never, format: 'jwk' });
  const header = { alg: ALGORITHM, kid: provider.signingKey.kid as string, typ: 'JWT', ...options.header };
  return await new SignJWT(idTokenClaims(provider, person, options)).setProtectedHeader(header).sign(key);
}
