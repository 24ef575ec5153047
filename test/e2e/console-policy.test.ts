/** What the console shows of rules: why a request is denied, and what a change would do. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';
import { launchBrowser, logIn } from './log-in.ts';
import { send } from './send-request.ts';
import { gatewayOn } from './world.ts';

const SCREENSHOTS = join(rootOf(), 'test-results/screenshots');
const gateway = gatewayOn('sqlite');
let browser: Browser;
let page: Page;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await launchBrowser();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1200, height: 900 } });
  page = await context.newPage();
  await logIn(page, gateway, 'root', '/-/why');
});
afterAll(() => browser?.close());

describe('the console, as root', () => {
  it('says what is missing in a question, in the gateway’s own words', async () => {
    await page.getByLabel('Person').fill('nobody');
    await page.getByLabel('Ask by').selectOption('path');
    await page.getByRole('textbox', { name: 'Path' }).fill('no-path');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: 'Denied: the target is not accepted' }).waitFor();
  });

  it('explains why alice may not list secrets of another team', async () => {
    await page.goto(`${gateway.url}/-/why`);
    await page.getByLabel('Person').fill('demo:alice');
    await page.getByLabel('Groups').fill('demo:team-a-admins');
    await page.getByRole('textbox', { name: 'Resource' }).fill('secrets');
    await page.getByLabel('Namespace').fill('team-b');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: 'Denied: the access rules' }).waitFor();
    const explanation = page.getByRole('region', { name: 'Explanation' });
    const rule = explanation.getByRole('row', { name: /demo-team-a-admins/ });
    expect(await rule.innerText()).toContain('namespace team-b is not what it has: team-a');
    expect(await explanation.innerText()).toContain('demo-people: impersonate as demo:alice');
    await page.screenshot({ path: join(SCREENSHOTS, 'why.png'), fullPage: true });
  });

  it('shows in the editor what a rule would newly deny, before it is saved', async () => {
    const target = '/api/v1/namespaces/team-a/pods/asked-in-the-editor';
    expect((await send(gateway, target, { token: gateway.people.bob.idToken })).status).toBe(404);
    await page.goto(`${gateway.url}/-/accessrules?name=demo-team-a-viewers`);
    const editor = page.getByLabel('YAML');
    await editor.fill((await editor.inputValue()).replace(/- get\n/, '- delete\n'));
    await page.getByRole('button', { name: 'What would this change?' }).click();
    const denied = page.getByRole('table', { name: 'It would newly deny' });
    await denied.waitFor();
    expect(await denied.innerText()).toContain('get team-a/pods/asked-in-the-editor on demo');
    await page.screenshot({ path: join(SCREENSHOTS, 'dry-run.png'), fullPage: true });
  });
});
