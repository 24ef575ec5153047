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
  /** It could not be asked, or gave no answer that can be relied on; `tokens` where it gave a new refresh token with that. */
  | { readonly outcome: 'unavailable'; readonly cause: unknown; readonly tokens?: ProviderTokens };

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
  let rotatedSoFar = (): string | undefined => undefined;
  try {
    const { issuer, configuration } = await providers.configure(session.issuer);
    rotatedSoFar = noteRotation(configuration);
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
    const refreshToken = rotatedSoFar();
    return refreshToken === undefined
      ? { outcome: 'unavailable', cause: error }
      : { outcome: 'unavailable', cause: error, tokens: { idToken: tokens.idToken, refreshToken } };
  }
}

/**
 * The refresh token of the token endpoint's answer, also where the library throws the answer away since its ID token
 * cannot be verified now, or where userinfo is down after it: the former one is spent, and without the new one the
 * session would be lost.
 */
function noteRotation(configuration: client.Configuration): () => string | undefined {
  const ask = configuration[client.customFetch] as client.CustomFetch;
  let rotated: string | undefined;
  configuration[client.customFetch] = async (url, options) => {
    const response = await ask(url, options);
    if (url === configuration.serverMetadata().token_endpoint && response.ok) {
      const body = (await response
        .clone()
        .json()
        .catch(() => undefined)) as { refresh_token?: unknown } | undefined;
      if (typeof body?.refresh_token === 'string') rotated = body.refresh_token;
    }
    return response;
  };
  return () => rotated;
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
