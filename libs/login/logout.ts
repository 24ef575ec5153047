import { SESSION_COOKIE, clearedCookie, cookieValues } from './cookies.ts';
import { endProviderSession } from './end-provider-session.ts';
import type { LoginSession, SessionStore } from './ports.ts';
import type { Providers } from './providers.ts';

export interface LogoutPorts {
  readonly sessions: Pick<SessionStore, 'delete' | 'tokensOf'> & {
    find(cookieToken: string): Promise<LoginSession | undefined>;
  };
  readonly providers: Providers;
  /** Registered at the provider as `post_logout_redirect_uris`. */
  readonly afterLogoutUrl: string;
}

/**
 * Ends the sessions whose cookie this browser holds: in the database first, then in the browser, then, where
 * `redirectTo` leads, at the provider.
 */
export async function logout(
  cookieHeader: string | undefined,
  ports: LogoutPorts,
): Promise<{ setCookie: string; redirectTo?: string }> {
  const { sessions } = ports;
  let redirectTo: string | undefined;
  for (const token of cookieValues(cookieHeader, SESSION_COOKIE)) {
    const session = await sessions.find(token);
    const tokens = session && (await sessions.tokensOf(session.id));
    await sessions.delete(token);
    if (session && tokens) redirectTo = await endProviderSession(session, tokens, ports);
  }
  const setCookie = clearedCookie(SESSION_COOKIE);
  return redirectTo === undefined ? { setCookie } : { setCookie, redirectTo };
}
