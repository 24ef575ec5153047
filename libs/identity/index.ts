/**
 * Stage 1: credential → Identity. Three answers, never two: not presented, identified, failed. A failed credential
 * never falls back to another one, and a bearer beside a cookie means that the cookie is not looked at. What is cached
 * is that a token's signature and claims were good, never who may do what.
 */
export { compileIssuers } from './compile-issuers.ts';
export type { CompiledIssuer, CompiledIssuers } from './compile-issuers.ts';
export type { IssuerInput } from './issuer-input.ts';
export { createKeySets } from './key-sets.ts';
export type { KeySets, KeySetPorts } from './key-sets.ts';
export { fetchJson } from './fetch-json.ts';
export type { FetchJson } from './fetch-json.ts';
export { createVerifiedCache } from './verified-cache.ts';
export type { VerifiedCache } from './verified-cache.ts';
export { authenticate } from './authenticate.ts';
export type { AuthenticationInput, AuthenticationPorts } from './authenticate.ts';
export { cookieCounts } from './cookie-counts.ts';
export { identityFromClaims } from './identity-from-claims.ts';
export type { IdentityResult } from './identity-from-claims.ts';
export { impersonatedIdentity } from './impersonated-identity.ts';
export { SESSION_COOKIE } from './session-cookie.ts';
export { accessTokenDigest, createAccessToken, isAccessToken } from './access-token.ts';
export { affects, joinAffected, personKey } from './affected.ts';
export type { Affected, Person } from './affected.ts';
export { cacheSessions } from './cache-sessions.ts';
export type { SessionCache } from './cache-sessions.ts';
export { createLookupCache } from './lookup-cache.ts';
export { SERVICE_ISSUER } from './service-identity.ts';
export type { ServiceIdentityInput } from './service-identity.ts';
export type {
  CredentialChanges,
  CredentialStore,
  AccessTokenFinder,
  AccessTokenReader,
  DisabledPeople,
  FoundAccessToken,
  LimitLookup,
  SessionFinder,
  SessionReader,
  SessionRecord,
} from './ports.ts';
