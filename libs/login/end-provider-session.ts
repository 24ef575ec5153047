import * as client from 'openid-client';
import type { LoginSession, ProviderTokens } from './ports.ts';
import type { Providers } from './providers.ts';

/**
 * Where a browser goes to log out of the provider too, and then back (OpenID Connect RP-Initiated Logout 1.0); undefined
 * where the provider has no such place, the Issuer does not want it, or it cannot be found out now: the session here has
 * ended in any case.
 */
export async function endProviderSession(
  session: LoginSession,
  tokens: ProviderTokens,
  ports: { readonly providers: Providers; readonly afterLogoutUrl: string },
): Promise<string | undefined> {
  try {
    const { issuer, configuration } = await ports.providers.configure(session.issuer);
    const endpoint = configuration.serverMetadata().end_session_endpoint;
    if (!issuer.endsProviderSession || issuer.url !== session.issuerUrl || !endpoint?.startsWith('https://'))
      return undefined;
    return client.buildEndSessionUrl(configuration, {
      id_token_hint: tokens.idToken,
      post_logout_redirect_uri: ports.afterLogoutUrl,
    }).href;
  } catch {
    return undefined;
  }
}
