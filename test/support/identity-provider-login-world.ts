import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProviders,
  finishLogin,
  startLogin,
  type Demands,
  type FinishedLogin,
  type LoginIssuer,
  type LoginPorts,
} from '#login';
import { openStore, type Store } from '#store';
import { createSmallBrowser, type SmallBrowser } from './identity-provider-browser.ts';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { silentLog, TEST_KEY } from './store-samples.ts';

export const GATEWAY_HOST = '127.0.0.1';
export const CALLBACK = `https://${GATEWAY_HOST}:8443/-/auth/callback`;

/** Login as the gateway wires it: a real provider, the real store on SQLite, the gateway's own sealer. */
export interface LoginWorld {
  readonly provider: IdentityProvider;
  readonly store: Store;
  readonly ports: LoginPorts;
  /** Issuers as configured; a test may change them. */
  readonly issuers: Map<string, LoginIssuer>;
  /** Sessions that have been made so far. */
  created(): number;
  /** Milliseconds by which the gateway's clock is ahead. */
  aheadMs: number;
  browser(): SmallBrowser;
  /** Begins a login in this browser, as a page of the gateway would, and gives the provider's address. */
  begin(browser: SmallBrowser, returnTo?: unknown, issuer?: string, demands?: Demands): Promise<string>;
  /** Ends it with what the provider sent the browser to, as a navigation that another site began. */
  end(browser: SmallBrowser, callbackUrl: string, ports?: LoginPorts): Promise<FinishedLogin>;
  stop(): Promise<void>;
}

export async function startLoginWorld(): Promise<LoginWorld> {
  const provider = await startIdentityProvider({ redirectUris: [CALLBACK], idTokenSeconds: 3600 });
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-login-'));
  const store = await openStore({
    sqlitePath: join(folder, 'gatehouse.db'),
    key: { base64: TEST_KEY },
    log: silentLog,
  });
  const issuers = new Map([['demo', loginIssuerOf(provider)]]);
  const context = { table: 'cookie', row: 'login', field: 'transaction', binding: CALLBACK };
  const usedStates = new Set<string>();
  let created = 0;
  const now = (): number => Date.now() + world.aheadMs;
  const world: LoginWorld = {
    provider,
    store,
    issuers,
    aheadMs: 0,
    created: () => created,
    ports: {
      providers: createProviders(async (name) => issuers.get(name), now),
      sessions: {
        ...store.sessions,
        create: (session, tokens) => {
          created++;
          return store.sessions.create(session, tokens);
        },
      },
      sealer: {
        seal: (clear) => store.sealer.seal(clear, context),
        open: (sealed) => store.sealer.open(sealed, context),
      },
      claimState: (state) => usedStates.size < usedStates.add(state).size,
      callbackUrl: CALLBACK,
      refreshIntervalSeconds: 300,
      idleTimeoutSeconds: 3600,
      absoluteTimeoutSeconds: 43_200,
      now,
    },
    browser: () => createSmallBrowser(provider),
    async begin(browser, returnTo = '/-/', issuer = 'demo', demands = {}) {
      const cookieHeader = browser.cookieHeader(GATEWAY_HOST);
      const { redirectTo, setCookie } = await startLogin({ issuer, returnTo, cookieHeader, demands }, world.ports);
      browser.keep(GATEWAY_HOST, [setCookie]);
      return redirectTo;
    },
    async end(browser, callbackUrl, ports = world.ports) {
      const cookieHeader = browser.cookieHeader(GATEWAY_HOST, { fromAnotherSite: true });
      const finished = await finishLogin({ query: new URL(callbackUrl).search, cookieHeader }, ports);
      browser.keep(GATEWAY_HOST, finished.setCookies);
      return finished;
    },
    async stop() {
      await store.close();
      await provider.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

export function loginIssuerOf(provider: IdentityProvider, changes: Partial<LoginIssuer> = {}): LoginIssuer {
  return {
    name: 'demo',
    url: provider.issuerUrl,
    discoveryUrl: undefined,
    certificateAuthority: provider.caPem,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    scopes: ['openid', 'profile', 'email', 'groups'],
    claimsFromUserinfo: false,
    endsProviderSession: true,
    ...changes,
  };
}
