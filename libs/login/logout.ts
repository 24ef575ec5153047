import { SESSION_COOKIE, clearedCookie, cookieValues } from './cookies.ts';
import type { SessionStore } from './ports.ts';

/** Ends the sessions whose cookie this browser holds: in the database first, then in the browser. */
export async function logout(cookieHeader: string | undefined, sessions: SessionStore): Promise<{ setCookie: string }> {
  for (const token of cookieValues(cookieHeader, SESSION_COOKIE)) await sessions.delete(token);
  return { setCookie: clearedCookie(SESSION_COOKIE) };
}
