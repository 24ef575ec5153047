/** Another provider that people run: Dex, with its own idea of subjects, refused refresh tokens, and no logout. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../cluster/issue-certificates.ts';
import { DEX_PASSWORD, startDex, type Dex } from '../dex/start-dex.ts';
import { launchBrowser, openFrontPage, sessionCookie, type LoggedIn, type OpenPage } from '../e2e/log-in.ts';
import {
  PODS,
  REFRESH_SECONDS,
  startSessionWorld,
  type GatewayOfWorld,
  type SessionWorld,
} from '../support/session-world.ts';

/** Refreshed at the latest so long after it is due, and cut within a second; asserted at some times that. */
const ENDS_WITHIN_MS = REFRESH_SECONDS * 1000 + 8_000;

let folder: string;
let dex: Dex;
let world: SessionWorld;
let browser: Browser;
const gateway = (): GatewayOfWorld => world.gateways[0] as GatewayOfWorld;

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

/** People are named by their addresses, as Dex's subjects are opaque. */
const issuerSpec = ({ issuerUrl: url, caPem, clientId, clientSecret }: Dex): object => ({
  issuer: { url, certificateAuthority: caPem, audiences: [clientId] },
  claimMappings: { username: { claim: 'email', prefix: 'demo:' }, groups: { claim: 'groups', prefix: 'demo:' } },
  login: { clientID: clientId, clientSecret, scopes: ['openid', 'email', 'groups', 'offline_access'] },
});

async function typePassword(page: Page, person: string, password: string): Promise<void> {
  await page.getByRole('link', { name: /^Log in with demo/ }).click();
  await page.waitForURL((url) => url.href.startsWith(dex.issuerUrl));
  await page.getByRole('link', { name: /Email/ }).click();
  await page.locator('#login').fill(`${person}@example.com`);
  await page.locator('#password').fill(password);
  await page.locator('#submit-login').click();
}

/** With Dex's own question whether the gateway may know. */
async function answerDex(person: string): Promise<OpenPage> {
  const { page, context } = await openFrontPage(browser, gateway().url);
  await typePassword(page, person, DEX_PASSWORD);
  await page.getByRole('button', { name: 'Grant Access' }).click();
  return { page, context };
}

async function logIn(person: string): Promise<LoggedIn> {
  const { page, context } = await answerDex(person);
  await page.getByRole('heading', { name: 'Who you are' }).waitFor();
  return { page, context, cookie: await sessionCookie(context) };
}
const statusOf = async ({ cookie }: LoggedIn): Promise<number> => (await gateway().asPage(cookie, PODS)).status;

test('a wrong password at Dex opens no session, nor does an address that is not verified', async () => {
  const { page, context } = await openFrontPage(browser, gateway().url);
  await typePassword(page, 'alice', 'wrong');
  await page.getByText(/Invalid/).waitFor();
  await context.close();
  const mallory = await answerDex('mallory');
  await mallory.page.getByText('has an e-mail address that is not verified').waitFor();
  expect((await mallory.context.cookies()).some(({ name }) => name.includes('gatehouse-session'))).toBe(false);
  await mallory.context.close();
});

test('tokens of another client are good where Dex gives them for the gateway too, and else told whose they are', async () => {
  const ask = async (token: string): Promise<{ status: number; body: string }> => {
    const { status, body } = await gateway().asAnybody(PODS, { headers: { authorization: `Bearer ${token}` } });
    return { status, body: body.toString() };
  };
  const foreign = await dex.passwordGrant('alice', 'openid email groups');
  expect(await ask(foreign)).toMatchObject({
    status: 401,
    body: expect.stringMatching(/for the audience \\"other\\", and issuer \\"demo\\" takes \\"gatehouse\\"/),
  });
  const peers = await dex.passwordGrant('alice', 'openid email groups audience:server:client_id:gatehouse');
  expect(await ask(peers)).toMatchObject({ status: 200 });
});

test('alice is named by her address and has Dex’s groups; logging out ends her session here, Dex having no place for it', async () => {
  const alice = await logIn('alice');
  const text = await alice.page.locator('main').innerText();
  for (const name of ['demo:alice@example.com', 'demo:team-a-admins', 'demo:others']) expect(text).toContain(name);
  expect(await statusOf(alice)).toBe(200);
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('link', { name: /^Log in with demo/ }).waitFor();
  expect(await statusOf(alice)).toBe(401);
  await alice.context.close();
});

test('refresh tokens rotate under an open watch; one that Dex does not know any more ends the session', async () => {
  const alice = await logIn('alice');
  const watch = await gateway().openWatch(alice.cookie);
  let ended = false;
  void watch.ended.then(() => (ended = true));
  await new Promise((resolve) => setTimeout(resolve, REFRESH_SECONDS * 3_000));
  expect([ended, await statusOf(alice)]).toEqual([false, 200]);
  // Dex answers `invalid_request`, not `invalid_grant`; and signs with new keys.
  const restartedAtMs = Date.now();
  await dex.restart();
  const endedMs = (await watch.ended) - restartedAtMs;
  console.log(
    `Dex forgot its refresh tokens: the watch ended after ${endedMs} ms, interval ${REFRESH_SECONDS * 1000} ms`,
  );
  expect(endedMs).toBeLessThan(ENDS_WITHIN_MS);
  expect(await statusOf(alice)).toBe(401);
  await alice.context.close();
  const again = await logIn('alice');
  expect(await statusOf(again)).toBe(200);
  await again.context.close();
});
