import type { Authentication, Identity } from '#model';
import { accessTokenDigest, isAccessToken } from './access-token.ts';
import type { CompiledIssuers } from './compile-issuers.ts';
import { identityFromClaims, type IdentityResult } from './identity-from-claims.ts';
import type { AccessTokenFinder, FoundAccessToken } from './ports.ts';
import { nameOnce } from './name-once.ts';
import { SERVICE_ISSUER } from './service-identity.ts';
import { whenFound } from './when-found.ts';

export interface AccessTokenPorts {
  readonly accessTokens: AccessTokenFinder;
  now(): number;
}

const failed = (code: 'invalidCredential' | 'expiredCredential', message: string): Authentication => ({
  outcome: 'failed',
  code,
  message,
});
const REVOKED = failed('invalidCredential', 'the access token is not known; it was revoked, or never given out');

/** Whose token is this? A remembered one is answered without a promise. */
export function fromAccessToken(
  token: string,
  sourceAddress: string,
  issuers: CompiledIssuers,
  ports: AccessTokenPorts,
): Authentication | Promise<Authentication> {
  if (!isAccessToken(token))
    return failed('invalidCredential', 'the access token is mistyped or cut off (its checksum does not fit)');
  return whenFound(
    ports.accessTokens.findAccessToken(accessTokenDigest(token), sourceAddress),
    (found) => judge(found, issuers, ports),
    'access tokens cannot be looked up at the moment; try again later',
  );
}

function judge(found: FoundAccessToken | undefined, issuers: CompiledIssuers, ports: AccessTokenPorts): Authentication {
  if (!found) return REVOKED;
  if (ports.now() >= found.expiresAtMs)
    return failed('expiredCredential', `the access token "${found.name}" has expired; make a new one at /-/`);
  const named = nameOnce(found, issuers, () => nameToken(found, issuers));
  if (!named.ok) return failed('invalidCredential', named.message);
  return { outcome: 'identified', identity: named.identity };
}

function nameToken(found: FoundAccessToken, issuers: CompiledIssuers): IdentityResult {
  const owner = nameOwner(found, issuers);
  return owner.ok ? { ok: true, identity: { ...owner.identity, narrowing: found.narrowing } as Identity } : owner;
}

function nameOwner(found: FoundAccessToken, issuers: CompiledIssuers): IdentityResult {
  const { id, name, createdAtMs } = found;
  const credential = { kind: 'token', id, token: { name, createdAtMs } } as const;
  if (found.issuer === SERVICE_ISSUER) {
    const service = issuers.serviceIdentity(found.subject, credential, found.expiresAtMs);
    return service
      ? { ok: true, identity: service }
      : { ok: false, message: 'the service identity of this access token has been deleted' };
  }
  const issuer = issuers.byName(found.issuer);
  if (!issuer || issuer.issuer.url !== found.issuerUrl)
    return { ok: false, message: 'the issuer of the owner of this access token is not configured any more' };
  return identityFromClaims(issuer, found.claims, credential, found.expiresAtMs);
}
