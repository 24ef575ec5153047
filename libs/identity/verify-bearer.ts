import { hash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import type { Authentication } from '#model';
import type { CompiledIssuer, CompiledIssuers } from './compile-issuers.ts';
import { identityFromClaims } from './identity-from-claims.ts';
import type { KeySets } from './key-sets.ts';
import type { Verified, VerifiedCache } from './verified-cache.ts';

export interface VerifyPorts {
  readonly keySets: KeySets;
  readonly verifiedCache: VerifiedCache;
  now(): number;
}

const MAX_TOKEN_BYTES = 16 * 1024;
const MAX_CACHED_MS = 10 * 60_000;
/**
 * As the API server of Kubernetes 1.36 has it (go-oidc's verifier): a minute for `nbf`, none for `exp`, and `iat` is not
 * looked at. A token that one of them takes and the other refuses is a riddle for whoever holds it.
 */
const NOT_BEFORE_LEEWAY_SECONDS = 60;
/** A token that ended this recently may be a new one, judged by a wrong clock. */
const CLOCK_HINT_SECONDS = 600;
/** The last second of a JavaScript Date. */
const LAST_SECOND = 8.64e12;
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Entra, Google and many others give access tokens that only they can read. */
const NOT_A_JWT =
  'the bearer token is not a signed JWT; if it is an opaque access token, send the ID token instead, or have the provider issue JWT access tokens for the audience of this gateway';

/** Hundreds of groups by long names (distinguished names of a directory). */
const TOO_LONG =
  'the bearer token is longer than 16 KiB; have the provider put less into it (its groups, most likely), or use an access token of this gateway';

type Failed = Extract<Authentication, { outcome: 'failed' }>;
const failed = (message: string, code: Failed['code'] = 'invalidCredential'): Failed => ({
  outcome: 'failed',
  code,
  message,
});

/**
 * Verifies an ID token. A token that was found good is remembered by its digest, for ten minutes at most, until it
 * expires, its issuer changes or its key leaves the key set; a remembered one is answered without a promise.
 */
export function verifyBearer(
  token: string,
  issuers: CompiledIssuers,
  ports: VerifyPorts,
): Authentication | Promise<Authentication> {
  if (token.length > MAX_TOKEN_BYTES) return failed(TOO_LONG);
  const digest = hash('sha256', token, 'base64url');
  const hit = ports.verifiedCache.get(digest);
  if (hit) {
    const issuer = issuers.byUrl(hit.issuerUrl);
    if (issuer && isStillGood(hit, issuer, ports)) return identify(issuer, hit, digest);
    ports.verifiedCache.delete(digest);
  }
  return verify(token, digest, issuers, ports);
}

function isStillGood(hit: Verified, issuer: CompiledIssuer, ports: VerifyPorts): boolean {
  const now = ports.now();
  // The second half is for a clock that was set back: an entry must not live longer by it.
  const isYoung = now < hit.voidAtMs && hit.voidAtMs - now <= MAX_CACHED_MS;
  return (
    isYoung &&
    now < hit.expiresAtMs &&
    issuer.version === hit.issuerVersion &&
    ports.keySets.stillHolds(issuer, hit.jwk)
  );
}

async function verify(
  token: string,
  digest: string,
  issuers: CompiledIssuers,
  ports: VerifyPorts,
): Promise<Authentication> {
  if (!COMPACT_JWS.test(token)) return failed(NOT_A_JWT);
  const [rawHeader = '', rawClaims = ''] = token.split('.');
  const header = readJson(rawHeader);
  const unverified = readJson(rawClaims);
  if (!header || !unverified) return failed(NOT_A_JWT);
  // Unverified, and used for nothing but choosing whose keys have to fit.
  const issuer = typeof unverified.iss === 'string' ? issuers.byUrl(unverified.iss) : undefined;
  if (!issuer) return failed(describeUnknownIssuer(unverified.iss, issuers));
  const { alg, kid, crit, typ } = header;
  if (typeof alg !== 'string' || !issuer.algorithms.includes(alg))
    return failed('the bearer token is signed with an algorithm that is not allowed');
  if (crit !== undefined || (kid !== undefined && typeof kid !== 'string'))
    return failed('the bearer token has a header that is not understood');
  // RFC 8725 section 3.11: a logout token or an access token of the same issuer is no ID token.
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?jwt$/i.test(typ)))
    return failed(
      `the bearer token is of another type (${String(typ).slice(0, 40)}) than an ID token; send the ID token`,
    );
  const found = await ports.keySets.find(issuer, kid, alg);
  if (found.outcome === 'unavailable')
    return failed(`the keys of issuer "${issuer.name}" cannot be fetched; try again later`, 'identityUnavailable');
  if (found.outcome === 'unknown')
    return failed(
      kid === undefined
        ? `the bearer token does not say which key it is signed with (kid), and issuer "${issuer.name}" does not publish exactly one that fits`
        : 'the bearer token is signed with a key that its issuer does not publish',
    );
  try {
    const { payload } = await jwtVerify(token, found.key, {
      issuer: issuer.issuer.url,
      audience: [...issuer.issuer.audiences],
      algorithms: [alg],
      clockTolerance: NOT_BEFORE_LEEWAY_SECONDS,
      currentDate: new Date(ports.now()),
      requiredClaims: ['exp', 'sub', 'aud'],
    });
    const now = ports.now();
    const expiresAtSeconds = payload.exp as number;
    // The library's tolerance holds for both ends of a token's life.
    if (now > expiresAtSeconds * 1000) return expired(expiresAtSeconds, now);
    if (!(expiresAtSeconds <= LAST_SECOND)) return failed('the bearer token never expires');
    const verified: Verified = {
      claims: payload,
      issuerUrl: issuer.issuer.url,
      issuerVersion: issuer.version,
      jwk: found.jwk,
      expiresAtMs: expiresAtSeconds * 1000,
      voidAtMs: now + MAX_CACHED_MS,
      answer: undefined,
    };
    ports.verifiedCache.set(digest, verified);
    return identify(issuer, verified, digest);
  } catch (error) {
    if (error instanceof errors.JWTExpired) return expired(error.payload.exp as number, ports.now());
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed')
      return failed(describeNotBefore(error.payload.nbf as number, ports.now()));
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
      return failed(describeAudience(unverified, issuer));
    if (error instanceof errors.JWTClaimValidationFailed)
      return failed(`the claim "${error.claim}" of the bearer token is not what issuer "${issuer.name}" wants`);
    if (error instanceof errors.JOSEError) return failed('the signature of the bearer token is not good');
    throw error;
  }
}

function identify(issuer: CompiledIssuer, verified: Verified, digest: string): Authentication {
  if (verified.answer?.by === issuer) return verified.answer.authentication;
  const credential = { kind: 'bearer', id: digest.slice(0, 16) } as const;
  const result = identityFromClaims(issuer, verified.claims, credential, verified.expiresAtMs);
  const authentication: Authentication = result.ok
    ? { outcome: 'identified', identity: result.identity }
    : failed(result.message);
  verified.answer = { by: issuer, authentication };
  return authentication;
}

/** Who has just got the token has no other clue than the number that a clock is wrong. */
function expired(expiresAtSeconds: number, nowMs: number): Failed {
  const seconds = Math.max(1, Math.round(nowMs / 1000 - expiresAtSeconds));
  const hint = seconds <= CLOCK_HINT_SECONDS ? ', or compare the clocks of issuer and gateway if it is new' : '';
  return failed(`the bearer token expired ${seconds} s ago; log in again${hint}`, 'expiredCredential');
}

function describeNotBefore(notBeforeSeconds: number, nowMs: number): string {
  const seconds = Math.round(notBeforeSeconds - nowMs / 1000);
  return `the bearer token begins in ${seconds} s (nbf), and at most ${NOT_BEFORE_LEEWAY_SECONDS} s are granted, as by the API server: compare the clocks of issuer and gateway`;
}

/** An `iss` is compared byte for byte; what people get wrong is the slash at its end. */
function describeUnknownIssuer(iss: unknown, issuers: CompiledIssuers): string {
  const unknown = 'the bearer token is of an issuer that this gateway does not know';
  if (typeof iss !== 'string') return `${unknown}: its claim "iss" is missing, or no text`;
  const near = issuers.byUrl(iss.endsWith('/') ? iss.slice(0, -1) : `${iss}/`);
  const hint = near
    ? `; the url of issuer "${near.name}" differs from it by the slash at its end, and an admin has to write it as the token has it`
    : '';
  return `${unknown}: ${JSON.stringify(iss).slice(0, 200)}${hint}`;
}

/** Who the token is for stands in it in clear; the rest is what an admin or the person can do about it. */
function describeAudience({ aud, azp }: Record<string, unknown>, { name, issuer }: CompiledIssuer): string {
  const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 200) ?? 'nobody';
  // Keycloak's access tokens: given to our client, for somebody else.
  const given =
    typeof azp === 'string' && issuer.audiences.includes(azp)
      ? ` (it was given to ${show(azp)}, its azp, which says who asked for it and not whom it is for)`
      : '';
  return `the bearer token is for the audience ${show(aud)}, and issuer "${name}" takes ${issuer.audiences.map((audience) => JSON.stringify(audience)).join(' or ')}${given}; send the ID token of the gateway's own client, or have the provider add that audience`;
}

function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
