import * as client from 'openid-client';
import { findGatehouseError } from './create-provider-fetch.ts';
import type { LoginSession, ProviderTokens } from './ports.ts';
import type { LoginIssuer } from './login-issuer.ts';
import type { Providers } from './providers.ts';
import { readTokens } from './read-tokens.ts';

type Claims = Readonly<Record<string, unknown>>;

export type Refreshed =
  | { readonly outcome: 'refreshed'; readonly claims: Claims; readonly tokens: ProviderTokens }
  /** The provider does not let this person go on. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** It could not be asked, or gave no answer that can be relied on. */
  | { readonly outcome: 'unavailable'; readonly cause: unknown };

/** RFC 6749 section 5.2, and what OpenID Connect Core section 3.1.2.6 says of a person who has to be there again. */
const REFUSALS = ['invalid_grant', 'access_denied', 'interaction_required', 'login_required', 'consent_required'];
/**
 * Dex says `invalid_request` of a refresh token that it has revoked, does not know or let expire; the request itself is
 * one that every provider understands.
 */
const isRefusal = ({ error, status }: client.ResponseBodyError): boolean =>
  REFUSALS.includes(error) || (error === 'invalid_request' && status === 400);

/** What a refreshed ID token may leave out without having taken it back (OpenID Connect Core section 12.2). */
const OF_THE_LOGIN = ['auth_time', 'acr', 'amr', 'sid'];
const OF_THE_PERSON = ['iss', 'sub', 'aud'];

/**
 * Asks the provider for the person's claims of now. A refresh token that is rotated is answered in `tokens`; one that
 * is not goes on. Only a clear refusal is one: whatever else goes wrong is like an outage, and tried again.
 */
export async function refreshSession(
  session: LoginSession,
  tokens: ProviderTokens & { readonly refreshToken: string },
  providers: Providers,
): Promise<Refreshed> {
  try {
    const { issuer, configuration } = await providers.configure(session.issuer);
    if (issuer.url !== session.issuerUrl) return refused('its issuer has another address now');
    const response = await client.refreshTokenGrant(configuration, tokens.refreshToken);
    const rotated = response.refresh_token ?? tokens.refreshToken;
    if (response.id_token === undefined) {
      const info = await client.fetchUserInfo(configuration, response.access_token, session.subject);
      const claims = { ...pick(session.claims, [...OF_THE_PERSON, ...OF_THE_LOGIN]), ...info };
      return { outcome: 'refreshed', claims, tokens: { idToken: tokens.idToken, refreshToken: rotated } };
    }
    return readNewClaims(session, rotated, await readTokens(issuer, configuration, response));
  } catch (error) {
    if (error instanceof client.ResponseBodyError && isRefusal(error))
      return refused(`the login provider refused to go on (${error.error})`);
    if (findGatehouseError(error)?.code === 'notFound') return refused('its issuer is no login provider any more');
    providers.forget(session.issuer);
    return { outcome: 'unavailable', cause: error };
  }
}

function readNewClaims(
  session: LoginSession,
  refreshToken: string,
  read: Awaited<ReturnType<typeof readTokens>>,
): Refreshed {
  if (!read) return refused('the login provider gave an ID token of another issuer');
  if (read.claims.sub !== session.subject) return refused('the login provider gave an ID token of somebody else');
  const claims = { ...pick(session.claims, OF_THE_LOGIN), ...read.claims };
  return { outcome: 'refreshed', claims, tokens: { ...read.tokens, refreshToken } };
}

const refused = (reason: string): Refreshed => ({ outcome: 'refused', reason });
const pick = (claims: Claims, names: readonly string[]): Claims =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]));

/** Scopes to ask for: a provider that knows no `offline_access` may refuse the whole login for it, as Google does. */
export function scopesToAsk(issuer: LoginIssuer, metadata: client.ServerMetadata): readonly string[] {
  const known = metadata.scopes_supported;
  const drop = known !== undefined && !known.includes(OFFLINE);
  return issuer.scopes.filter((scope) => scope !== OFFLINE || !drop);
}

export const OFFLINE = 'offline_access';
