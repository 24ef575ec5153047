import { errors, jwtVerify, type CryptoKey } from 'jose';
import type { ErrorCode } from '#errors';

/** What a logout token ends: of one issuer the session `sid`, or all of `sub`, or of that person that session. */
export interface LogoutOrder {
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly sid: string | undefined;
  readonly subject: string | undefined;
  readonly jti: string;
  /** Unix milliseconds; from then on nobody takes it. */
  readonly expiresAtMs: number;
}

export type ReadLogoutToken =
  | { readonly ok: true; readonly order: LogoutOrder }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** An issuer that people log in with, as far as its logout tokens go. */
export interface LogoutIssuer {
  readonly name: string;
  readonly url: string;
  readonly clientId: string;
  readonly algorithms: readonly string[];
  findKey(kid: string | undefined, algorithm: string): Promise<CryptoKey | 'unknown' | 'unavailable'>;
}

export interface LogoutTokenPorts {
  /** By the `iss` claim, byte for byte. */
  issuerByUrl(url: string): LogoutIssuer | undefined;
  now(): number;
}

const MAX_TOKEN_BYTES = 16 * 1024;
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const SKEW_SECONDS = 30;
/** Two minutes are recommended; a provider that gives more than this wants something that can be replayed. */
const MAX_AGE_SECONDS = 10 * 60;

const bad = (message: string, code: ErrorCode = 'badRequest'): ReadLogoutToken => ({ ok: false, code, message });

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6): signed by a login provider of ours for
 * our client, new, of the logout event, and no ID token (which has a nonce and no event), so that neither passes for
 * the other. Whether its `jti` was seen before is asked by the caller.
 */
export async function readLogoutToken(token: string, ports: LogoutTokenPorts): Promise<ReadLogoutToken> {
  if (token.length > MAX_TOKEN_BYTES || !COMPACT_JWS.test(token)) return bad('the logout token is no signed JWT');
  const [rawHeader = '', rawClaims = ''] = token.split('.');
  const header = readJson(rawHeader);
  const unverified = readJson(rawClaims);
  if (!header || !unverified) return bad('the logout token is no signed JWT');
  const issuer = typeof unverified.iss === 'string' ? ports.issuerByUrl(unverified.iss) : undefined;
  if (!issuer) return bad('the logout token is of no login provider of this gateway');
  const { alg, kid, crit, typ } = header;
  if (typeof alg !== 'string' || !issuer.algorithms.includes(alg))
    return bad('the logout token is signed with an algorithm that is not allowed');
  if (crit !== undefined || (kid !== undefined && typeof kid !== 'string'))
    return bad('the logout token has a header that is not understood');
  // `logout+jwt` is recommended; Keycloak says JWT.
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?(logout\+)?jwt$/i.test(typ)))
    return bad('the token is of another type than a logout token');
  const key = await issuer.findKey(kid, alg);
  if (key === 'unavailable') return bad('the keys of the issuer cannot be fetched; try again', 'identityUnavailable');
  if (key === 'unknown') return bad('the logout token is signed with a key that its issuer does not publish');
  try {
    const { payload } = await jwtVerify(token, key, {
      issuer: issuer.url,
      audience: issuer.clientId,
      algorithms: [alg],
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: MAX_AGE_SECONDS,
      currentDate: new Date(ports.now()),
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
    });
    const { sid, sub, jti, events, nonce, exp } = payload;
    if (nonce !== undefined) return bad('the logout token has a nonce, which is for ID tokens');
    if (!isObject(events) || !Object.hasOwn(events, EVENT) || !isObject(events[EVENT]))
      return bad('the token is of no logout event');
    if (!isName(jti)) return bad('the logout token has no jti');
    if ((sid !== undefined && !isName(sid)) || (sub !== undefined && !isName(sub)))
      return bad('the logout token has a sid or sub that is no text');
    if (sid === undefined && sub === undefined) return bad('the logout token names neither a session nor a person');
    const expiresAtMs = Math.min((exp as number) + SKEW_SECONDS, ports.now() / 1000 + 2 * MAX_AGE_SECONDS) * 1000;
    const { name, url } = issuer;
    return {
      ok: true,
      order: { issuer: name, issuerUrl: url, sid, subject: sub, jti, expiresAtMs: Math.ceil(expiresAtMs) },
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return bad('the logout token has expired');
    if (error instanceof errors.JWTClaimValidationFailed)
      return bad(`the claim "${error.claim}" of the logout token is missing or not what it should be`);
    if (error instanceof errors.JOSEError) return bad('the signature of the logout token is not good');
    throw error;
  }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 1024;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
