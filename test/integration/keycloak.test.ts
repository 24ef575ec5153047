/** A provider that is not from npm: Keycloak, with a browser's login, its groups, its logout tokens, its refresh tokens. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority, issueServerCertificate } from '../cluster/issue-certificates.ts';
import { launchBrowser, openFrontPage, sessionCookie, type LoggedIn } from '../e2e/log-in.ts';
import { startKeycloak, type Keycloak } from '../keycloak/start-keycloak.ts';
import {
  issuerSpecOf,
  PODS,
  REFRESH_SECONDS,
  startSessionWorld,
  type GatewayOfWorld,
  type SessionWorld,
} from '../support/session-world.ts';
import { privateFilesIn } from '../support/private-files.ts';

const PASSWORD = 'a-password-of-the-tests';
/** Promised is a second after the logout token; asserted at five times that, and the real value printed. */
const CUT_WITHIN_MS = 5_000;
const GONE_WITHIN_MS = REFRESH_SECONDS * 1000 + 5_000;

let folder: string;
let keycloak: Keycloak;
let world: SessionWorld;
let browser: Browser;
const gateway = (): GatewayOfWorld => world.gateways[0] as GatewayOfWorld;

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

async function typePassword(page: Page, person: string, password: string): Promise<void> {
  await page.getByRole('link', { name: /^Log in with/ }).click();
  await page.waitForURL((url) => url.href.startsWith(keycloak.issuerUrl));
  await page.locator('#username').fill(person);
  await page.locator('#password').fill(password);
  await page.locator('#kc-login').click();
}

async function logIn(person: string): Promise<LoggedIn> {
  const { page, context } = await openFrontPage(browser, gateway().url);
  await typePassword(page, person, PASSWORD);
  await page.getByRole('heading', { name: 'Who you are' }).waitFor();
  return { page, context, cookie: await sessionCookie(context) };
}
const statusOf = async ({ cookie }: LoggedIn): Promise<number> => (await gateway().asPage(cookie, PODS)).status;

test('a wrong password at Keycloak opens no session, and somebody without the group may do nothing', async () => {
  const { page, context } = await openFrontPage(browser, gateway().url);
  await typePassword(page, 'alice', 'wrong');
  await page.getByText('Invalid username or password.').waitFor();
  expect((await context.cookies()).some(({ name }) => name.includes('gatehouse-session'))).toBe(false);
  await context.close();
  const bob = await logIn('bob');
  expect(await statusOf(bob)).toBe(403);
  await bob.context.close();
});

test('alice logs in, is named by her claims, and her groups are Keycloak’s', async () => {
  const alice = await logIn('alice');
  const text = await alice.page.locator('main').innerText();
  for (const name of ['demo:alice', 'demo:team-a-admins', 'demo:others']) expect(text).toContain(name);
  expect(await statusOf(alice)).toBe(200);
  await alice.context.close();
});

test('logging out here ends Keycloak’s session too, and comes back to the front page', async () => {
  const alice = await logIn('alice');
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('link', { name: /^Log in with/ }).waitFor();
  expect(new URL(alice.page.url()).origin).toBe(gateway().url);
  expect(await statusOf(alice)).toBe(401);
  // Keycloak asks for the password again: it has no session either.
  await typePassword(alice.page, 'alice', PASSWORD);
  await alice.page.getByRole('heading', { name: 'Who you are' }).waitFor();
  await alice.context.close();
});

test('a logout at Keycloak ends the session by its logout token and cuts an open watch', async () => {
  const alice = await logIn('alice');
  const watch = await gateway().openWatch(alice.cookie);
  await keycloak.logOut('alice');
  // Keycloak tells the gateway before it answers; how long it takes to that is its own affair.
  const answeredAtMs = Date.now();
  const cutMs = (await watch.ended) - answeredAtMs;
  console.log(`Keycloak's back-channel logout: the far socket saw the end ${cutMs} ms after Keycloak's answer`);
  expect(cutMs).toBeLessThan(CUT_WITHIN_MS);
  expect(await statusOf(alice)).toBe(401);
  await alice.context.close();
});

test('a group that is taken away at Keycloak is gone within the refresh interval, and a watch with it', async () => {
  const alice = await logIn('alice');
  const watch = await gateway().openWatch(alice.cookie);
  await new Promise((resolve) => setTimeout(resolve, REFRESH_SECONDS * 2000));
  // Refreshed twice by now, with rotating tokens or not.
  expect(await statusOf(alice)).toBe(200);
  const takenAtMs = Date.now();
  await keycloak.leaveGroup('alice', 'team-a-admins');
  const goneMs = (await watch.ended) - takenAtMs;
  console.log(`Keycloak took a group away: the watch ended after ${goneMs} ms, interval ${REFRESH_SECONDS * 1000} ms`);
  expect(goneMs).toBeLessThan(GONE_WITHIN_MS);
  expect(await statusOf(alice)).toBe(403);
  expect((await gateway().asPage(alice.cookie, '/-/me')).body.toString()).toContain('demo:others');
  await alice.context.close();
});
