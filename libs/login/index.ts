/**
 * Browser login by OpenID Connect: authorization code with PKCE, state and nonce, always, whatever the provider
 * advertises. The transaction lives in a sealed cookie of the browser that began it, not in a row that a flood of
 * beginnings could fill; what a login gives is a session in the database, of which the browser holds a random token.
 *
 * Programs get an access token of a person who approves it in their browser (`grants/`): by device flow (RFC 8628), or
 * by a redirect to the program's own loopback address with PKCE.
 */
export { startLogin } from './start-login.ts';
export { finishLogin } from './finish-login.ts';
export type { FinishedLogin } from './finish-login.ts';
export { refreshSession } from './refresh-session.ts';
export type { Refreshed } from './refresh-session.ts';
export { readLogoutToken } from './read-logout-token.ts';
export type { LogoutIssuer, LogoutOrder, LogoutTokenPorts } from './read-logout-token.ts';
export { logout } from './logout.ts';
export { OidcStrategy } from './oidc-strategy.ts';
export { createProviders } from './providers.ts';
export type { LoginIssuer } from './login-issuer.ts';
export type { Providers } from './providers.ts';
export { readDemands } from './read-demands.ts';
export type { Demands } from './read-demands.ts';
export { readReturnTo } from './return-to.ts';
export type {
  LiveCredential,
  LoginPorts,
  LoginSession,
  ProviderTokens,
  RefreshedSession,
  SessionFilter,
  AccessTokenOrigin,
  AccessTokenStore,
  AccessTokenSummary,
  SeenPerson,
  UserStore,
  UserSummary,
  SessionStore,
  TransactionSealer,
} from './ports.ts';
export { LOGIN_COOKIE, SESSION_COOKIE, clearedCookie } from './cookies.ts';
export { beginDeviceLogin } from './grants/begin-device-login.ts';
export type { DeviceAuthorization } from './grants/begin-device-login.ts';
export { approveCodeLogin, denyCodeLogin, readCodeLogin } from './grants/begin-code-login.ts';
export type { CodeLogin } from './grants/begin-code-login.ts';
export { redeemGrant } from './grants/redeem-grant.ts';
export type { Redeemed } from './grants/redeem-grant.ts';
export { grantDigest, readUserCode } from './grants/codes.ts';
export type { GrantError, GrantOwner, GrantRefusal, GrantRoom, LoginGrant, LoginGrantStore } from './grants/ports.ts';
