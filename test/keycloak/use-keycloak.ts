import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { createAuthority, issueServerCertificate } from '../cluster/issue-certificates.ts';
import { launchBrowser, openFrontPage, sessionCookie, type LoggedIn } from '../e2e/log-in.ts';
import { privateFilesIn } from '../support/private-files.ts';
import {
  issuerSpecOf,
  PODS,
  startSessionWorld,
  type GatewayOfWorld,
  type SessionWorld,
} from '../support/session-world.ts';
import { startKeycloak, type Keycloak } from './start-keycloak.ts';

export const PASSWORD = 'a-password-of-the-tests';

/** A Keycloak, a gateway whose provider it is, and a browser, for the tests of one file. */
export interface KeycloakSuite {
  readonly keycloak: Keycloak;
  readonly browser: Browser;
  readonly gateway: GatewayOfWorld;
  /** From the gateway's front page on. */
  typePassword(page: Page, person: string, password: string): Promise<void>;
  logIn(person: string): Promise<LoggedIn>;
  /** Of a list of pods. */
  statusOf(person: LoggedIn): Promise<number>;
}

/** Starts them before the file's tests, and stops them behind. */
export function useKeycloak(): KeycloakSuite {
  let folder: string;
  let keycloak: Keycloak;
  let world: SessionWorld;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-keycloak-test-'));
    const authority = await createAuthority('keycloak and gateway');
    const own = await issueServerCertificate(authority, ['localhost'], ['127.0.0.1']);
    const file = privateFilesIn(folder);
    browser = await launchBrowser();
    world = await startSessionWorld(
      async ({ urls }) => {
        keycloak = await startKeycloak({
          gatewayUrl: urls[0] as string,
          people: {
            alice: { password: PASSWORD, groups: ['team-a-admins', 'others'] },
            bob: { password: PASSWORD, groups: ['others'] },
          },
          authority,
          directory: join(folder, 'keycloak'),
          log: (line) => console.log(line),
        });
        const spec = issuerSpecOf(
          { ...keycloak, caPem: authority.certPem },
          { clientSecret: keycloak.clientSecret, scopes: ['openid', 'profile'] },
        );
        return { spec, stop: () => keycloak.stop() };
      },
      undefined,
      {
        GATEHOUSE_TLS_CERT_FILE: file('gateway.crt', own.certPem),
        GATEHOUSE_TLS_KEY_FILE: file('gateway.key', own.keyPem),
      },
      file('authority.pem', authority.certPem),
    );
  });

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const suite: KeycloakSuite = {
    get keycloak() {
      return keycloak;
    },
    get browser() {
      return browser;
    },
    get gateway() {
      return world.gateways[0] as GatewayOfWorld;
    },
    async typePassword(page, person, password) {
      await page.getByRole('link', { name: /^Log in with/ }).click();
      await page.waitForURL((url) => url.href.startsWith(keycloak.issuerUrl));
      await page.locator('#username').fill(person);
      await page.locator('#password').fill(password);
      await page.locator('#kc-login').click();
    },
    async logIn(person) {
      const { page, context } = await openFrontPage(browser, suite.gateway.url);
      await suite.typePassword(page, person, PASSWORD);
      await page.getByRole('heading', { name: 'Who you are' }).waitFor();
      return { page, context, cookie: await sessionCookie(context) };
    },
    statusOf: async ({ cookie }) => (await suite.gateway.asPage(cookie, PODS)).status,
  };
  return suite;
}
