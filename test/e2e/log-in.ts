import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import type { GatewayView } from './world.ts';

const EXECUTABLE = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });

/** Opens a page of the console and logs in at the provider, as a person would. */
export async function logIn(page: Page, gateway: GatewayView, person: PersonName, path = '/-/'): Promise<void> {
  await page.goto(gateway.url + path);
  await page.getByRole('link', { name: /^Log in with/ }).click();
  await page.waitForURL(/^https:\/\/localhost:/);
  await page.getByLabel('Name').fill(person);
  await page.getByLabel('Password').fill(gateway.people[person].password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL((url) => url.href.startsWith(gateway.url) && !url.pathname.startsWith('/-/auth/'));
}

/** A browser of its own, so that nobody's cookies are there. Both certificates are self-signed. */
export const newContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1200, height: 800 } });

/** A browser of its own at the gateway's front page. */
export async function openFrontPage(browser: Browser, gatewayUrl: string): Promise<OpenPage> {
  const context = await newContext(browser);
  const page = await context.newPage();
  await page.goto(`${gatewayUrl}/-/`);
  return { page, context };
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
}

/** A page that shows the console, and its session as a `Cookie` header. */
export interface LoggedIn extends OpenPage {
  readonly cookie: string;
}

export const SESSION_COOKIE = '__Host-gatehouse-session';

/** As a `Cookie` header. */
export async function sessionCookie(context: BrowserContext): Promise<string> {
  const cookie = (await context.cookies()).find((entry) => entry.name === SESSION_COOKIE);
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict', path: '/' });
  return `${SESSION_COOKIE}=${cookie?.value}`;
}
