import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { createAuthority } from '../cluster/issue-certificates.ts';
import { launchBrowser, openFrontPage, sessionCookie, type LoggedIn, type OpenPage } from '../e2e/log-in.ts';
import { PODS, startSessionWorld, type GatewayOfWorld, type SessionWorld } from '../support/session-world.ts';
import { DEX_PASSWORD, startDex, type Dex } from './start-dex.ts';

/** A Dex, a gateway whose provider it is, and a browser, for the tests of one file. */
export interface DexSuite {
  readonly dex: Dex;
  readonly browser: Browser;
  readonly gateway: GatewayOfWorld;
  /** From the gateway's front page on. */
  typePassword(page: Page, person: string, password: string): Promise<void>;
  /** With Dex's own question whether the gateway may know. */
  answerDex(person: string): Promise<OpenPage>;
  logIn(person: string): Promise<LoggedIn>;
  /** Of a list of pods. */
  statusOf(person: LoggedIn): Promise<number>;
}

/** Starts them before the file's tests, and stops them behind. */
export function useDex(): DexSuite {
  let folder: string;
  let dex: Dex;
  let world: SessionWorld;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-dex-test-'));
    const authority = await createAuthority('dex');
    browser = await launchBrowser();
    world = await startSessionWorld(async ({ urls }) => {
      dex = await startDex({
        gatewayUrl: urls[0] as string,
        people: {
          alice: { groups: ['team-a-admins', 'others'] },
          mallory: { groups: ['team-a-admins'], emailVerified: false },
        },
        authority,
        directory: join(folder, 'dex'),
        log: (line) => console.log(line),
      });
      return { spec: issuerSpec(dex), stop: () => dex.stop() };
    });
  });

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const suite: DexSuite = {
    get dex() {
      return dex;
    },
    get browser() {
      return browser;
    },
    get gateway() {
      return world.gateways[0] as GatewayOfWorld;
    },
    async typePassword(page, person, password) {
      await page.getByRole('link', { name: /^Log in with demo/ }).click();
      await page.waitForURL((url) => url.href.startsWith(dex.issuerUrl));
      await page.getByRole('link', { name: /Email/ }).click();
      await page.locator('#login').fill(`${person}@example.com`);
      await page.locator('#password').fill(password);
      await page.locator('#submit-login').click();
    },
    async answerDex(person) {
      const { page, context } = await openFrontPage(browser, suite.gateway.url);
      await suite.typePassword(page, person, DEX_PASSWORD);
      await page.getByRole('button', { name: 'Grant Access' }).click();
      return { page, context };
    },
    async logIn(person) {
      const { page, context } = await suite.answerDex(person);
      await page.getByRole('heading', { name: 'Who you are' }).waitFor();
      return { page, context, cookie: await sessionCookie(context) };
    },
    statusOf: async ({ cookie }) => (await suite.gateway.asPage(cookie, PODS)).status,
  };
  return suite;
}

/** People are named by their addresses, as Dex's subjects are opaque. */
const issuerSpec = ({ issuerUrl: url, caPem, clientId, clientSecret }: Dex): object => ({
  issuer: { url, certificateAuthority: caPem, audiences: [clientId] },
  claimMappings: { username: { claim: 'email', prefix: 'demo:' }, groups: { claim: 'groups', prefix: 'demo:' } },
  login: { clientID: clientId, clientSecret, scopes: ['openid', 'email', 'groups', 'offline_access'] },
});
