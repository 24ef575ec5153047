import { identityFromClaims, type CompiledIssuers } from '#identity';
import type { Identity } from '#model';

export type PersonFromToken =
  | { readonly ok: true; readonly identity: Identity; readonly expiresAtMs: number }
  | { readonly ok: false; readonly message: string };

/**
 * Whom an ID token would be, by the issuer's own claim mappings. Its signature, audience and times are NOT checked: this
 * explains what a token says, and proves nothing about who holds it.
 */
export function personFromToken(token: string, issuers: CompiledIssuers): PersonFromToken {
  const claims = readPayload(token);
  if (claims === undefined) return { ok: false, message: 'this is no ID token (a JWT of three parts)' };
  const issuer = typeof claims.iss === 'string' ? issuers.byUrl(claims.iss) : undefined;
  if (issuer === undefined)
    return { ok: false, message: `no Issuer has the url ${JSON.stringify(claims.iss ?? '')} that the token names` };
  const expiresAtMs = typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
  const named = identityFromClaims(issuer, claims, { kind: 'bearer', id: 'supposed' }, expiresAtMs);
  return named.ok ? { ...named, expiresAtMs } : named;
}

function readPayload(token: string): Record<string, unknown> | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
