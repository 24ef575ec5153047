import { SESSION_COOKIE } from '#identity';
import { createSmallBrowser } from './identity-provider-browser.ts';
import { ask } from './small-client.ts';
import type { SmallWorld } from './small-world.ts';

const GATEWAY_HOST = '127.0.0.1';

/** Logs a person in through the gateway and its provider. Answers the headers that a page of the gateway sends. */
export async function logIn(world: SmallWorld, person: string): Promise<Record<string, string>> {
  const browser = createSmallBrowser(world.provider);
  const begun = await ask(world, '/-/auth/login?issuer=demo');
  browser.keep(GATEWAY_HOST, begun.headers['set-cookie'] ?? []);
  const callback = new URL(await browser.logIn(begun.headers.location ?? '', person));
  const cookie = browser.cookieHeader(GATEWAY_HOST, { fromAnotherSite: true });
  const ended = await ask(world, callback.pathname + callback.search, { headers: cookie ? { cookie } : {} });
  browser.keep(GATEWAY_HOST, ended.headers['set-cookie'] ?? []);
  const session = browser.cookieHeader(GATEWAY_HOST);
  if (!session?.includes(SESSION_COOKIE)) throw new Error(`${person} is not logged in: ${ended.status} ${ended.body}`);
  return { cookie: session, 'sec-fetch-site': 'same-origin' };
}
