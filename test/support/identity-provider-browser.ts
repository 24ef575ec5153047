import { Agent, fetch } from 'undici';
import type { IdentityProvider } from './identity-provider.ts';

interface Cookie {
  readonly value: string;
  readonly isStrict: boolean;
}

/** The part of a browser that a login needs: cookies by host, and no redirect followed unseen. */
export interface SmallBrowser {
  /** Stores `Set-Cookie` values as from this host; Max-Age=0 removes. */
  keep(host: string, setCookies: readonly string[]): void;
  /** The Cookie header to this host. On a navigation that another site began, Strict cookies stay at home. */
  cookieHeader(host: string, options?: { fromAnotherSite: boolean }): string | undefined;
  /** Opens an address of the provider, and says where it sends the browser, if anywhere. */
  open(
    url: string,
    form?: Record<string, string>,
  ): Promise<{ status: number; location: string | undefined; body: string }>;
  /** Follows the provider from its authorization address to the form, sends it, and gives the address of the callback. */
  logIn(authorizationUrl: string, person: string, password?: string): Promise<string>;
}

const MAX_STEPS = 10;

export function createSmallBrowser(provider: IdentityProvider): SmallBrowser {
  const dispatcher = new Agent({ connect: { ca: provider.caPem } });
  const jars = new Map<string, Map<string, Cookie>>();

  const browser: SmallBrowser = {
    keep(host, setCookies) {
      const jar = jars.get(host) ?? new Map<string, Cookie>();
      jars.set(host, jar);
      for (const line of setCookies) {
        const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
        const name = pair.slice(0, pair.indexOf('='));
        const isOver = attributes.some((attribute) => /^(max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(attribute));
        const isStrict = attributes.some((attribute) => /^samesite=strict$/i.test(attribute));
        if (isOver) jar.delete(name);
        else jar.set(name, { value: pair.slice(name.length + 1), isStrict });
      }
    },
    cookieHeader(host, { fromAnotherSite } = { fromAnotherSite: false }) {
      const sent = [...(jars.get(host) ?? [])].filter(([, cookie]) => !(fromAnotherSite && cookie.isStrict));
      return sent.length === 0 ? undefined : sent.map(([name, { value }]) => `${name}=${value}`).join('; ');
    },
    async open(url, form) {
      const { hostname } = new URL(url);
      const cookie = browser.cookieHeader(hostname);
      const response = await fetch(url, {
        dispatcher,
        redirect: 'manual',
        headers: { ...(cookie ? { cookie } : {}), accept: 'text/html' },
        ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
      });
      browser.keep(hostname, response.headers.getSetCookie());
      const location = response.headers.get('location');
      return {
        status: response.status,
        location: location === null ? undefined : new URL(location, url).href,
        body: await response.text(),
      };
    },
    async logIn(authorizationUrl, person, password = provider.passwordOf(person)) {
      let at = authorizationUrl;
      let form: Record<string, string> | undefined;
      for (let step = 0; step < MAX_STEPS; step++) {
        const { status, location, body } = await browser.open(at, form);
        form = undefined;
        if (location === undefined) {
          if (status !== 200 || !body.includes('name="password"')) throw new Error(`the provider answered ${status}`);
          form = { username: person, password };
        } else if (location.startsWith(provider.issuerUrl)) at = location;
        else return location;
      }
      throw new Error('the provider never sent the browser back');
    },
  };
  return browser;
}
