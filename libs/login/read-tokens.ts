import { decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import type { ProviderTokens } from './ports.ts';
import type { LoginIssuer } from './login-issuer.ts';

export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };
type TokenResponse = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/**
 * The claims of a token endpoint's ID token, which the library has verified, or undefined where it is not one of this
 * issuer. With `claimsFromUserinfo` what the ID token lacks comes from the userinfo endpoint (groups that a provider
 * puts nowhere else); what stands in both is taken from the ID token, which is signed.
 */
export async function readTokens(
  issuer: LoginIssuer,
  configuration: client.Configuration,
  response: TokenResponse,
): Promise<{ readonly claims: Claims; readonly tokens: ProviderTokens } | undefined> {
  const claims = response.claims();
  if (!claims || response.id_token === undefined || claims.iss !== issuer.url) return undefined;
  const { alg } = decodeProtectedHeader(response.id_token);
  if (issuer.signingAlgorithms && !issuer.signingAlgorithms.includes(alg ?? '')) return undefined;
  const more = issuer.claimsFromUserinfo
    ? await client.fetchUserInfo(configuration, response.access_token, claims.sub)
    : {};
  const tokens = { idToken: response.id_token, refreshToken: response.refresh_token };
  return { claims: { ...more, ...claims }, tokens };
}
