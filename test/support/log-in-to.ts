import { SESSION_COOKIE } from '#login';
import { createSmallBrowser, type SmallBrowser } from './identity-provider-browser.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { GatewayOfWorld } from './session-world.ts';

const HOST = '127.0.0.1';

export interface LoggedInBrowser {
  readonly browser: SmallBrowser;
  /** The session as a `Cookie` header. */
  readonly cookie: string;
}

/** Logs a person in at the provider, through the gateway's own pages. */
export async function logInTo(
  gateway: GatewayOfWorld,
  provider: IdentityProvider,
  person: string,
): Promise<LoggedInBrowser> {
  const browser = createSmallBrowser(provider);
  const begun = await gateway.asAnybody('/-/auth/login?issuer=demo');
  if (begun.status !== 302) throw new Error(`the login begins with ${begun.status}: ${begun.body.toString()}`);
  browser.keep(HOST, begun.headers['set-cookie'] ?? []);
  const callback = new URL(await browser.logIn(begun.headers.location ?? '', person));
  const ended = await gateway.asAnybody(callback.pathname + callback.search, {
    headers: { cookie: browser.cookieHeader(HOST, { fromAnotherSite: true }) ?? '' },
  });
  if (ended.status !== 200) throw new Error(`the login ends with ${ended.status}: ${ended.body.toString()}`);
  browser.keep(HOST, ended.headers['set-cookie'] ?? []);
  const cookie = browser.cookieHeader(HOST) ?? '';
  if (!cookie.includes(SESSION_COOKIE)) throw new Error('the login gave no session');
  return { browser, cookie };
}
