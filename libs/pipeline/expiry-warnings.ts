import type { Grant, Identity } from '#model';

/** A week before the end, or in the last fifth of a life that is shorter. */
const MOST_MS = 7 * 86_400_000;
const LAST_PART = 0.2;
/** What lives shorter is renewed by the program that holds it (`gatehouse login`). */
const RENEWED_BY_ITSELF_MS = 86_400_000;

/** From when on it is said that something which began and ends then is near its end. */
function isNear(beganAtMs: number, endsAtMs: number, nowMs: number): boolean {
  return endsAtMs - nowMs <= Math.min(MOST_MS, (endsAtMs - beganAtMs) * LAST_PART);
}

/** What the person should renew soon, a sentence each; for the `Warning` header, which kubectl prints. */
export function expiryWarnings(identity: Identity, grant: Grant, nowMs: number): readonly string[] {
  const warnings: string[] = [];
  const { token } = identity.credential;
  if (
    token !== undefined &&
    identity.expiresAtMs - token.createdAtMs > RENEWED_BY_ITSELF_MS &&
    isNear(token.createdAtMs, identity.expiresAtMs, nowMs)
  )
    warnings.push(
      `the access token ${JSON.stringify(token.name)} ends at ${time(identity.expiresAtMs)}; make a new one at /-/`,
    );
  if (
    grant.mode === 'storedToken' &&
    grant.expiresAtMs !== undefined &&
    isNear(grant.savedAtMs, grant.expiresAtMs, nowMs)
  )
    warnings.push(
      `your stored token for cluster "${grant.cluster}" ${grant.expiresAtMs <= nowMs ? 'ended' : 'ends'} at ${time(grant.expiresAtMs)}; enter a new one at /-/`,
    );
  return warnings;
}

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
