/** The console's token pages: one's own, those of machines, and for an admin everybody's. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import { launchBrowser, logIn, newContext } from './log-in.ts';
import { deleteObject } from './own-objects.ts';
import { send } from './send-request.ts';
import { bothEngines } from './world.ts';

const SCREENSHOTS = join(rootOf(), 'test-results/screenshots');
const PODS = '/api/v1/namespaces/team-a/pods';
const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

describe.each(bothEngines())('the console’s token pages on $engine', (gateway) => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(() => browser?.close());

  async function open(person: PersonName, path: string): Promise<Page> {
    const page = await (await newContext(browser)).newPage();
    await logIn(page, gateway, person, path);
    return page;
  }
  const shoot = async (page: Page, name: string): Promise<unknown> =>
    gateway.engine === 'sqlite' && page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  const form = (page: Page, label: string) => page.getByRole('form', { name: label });
  const shown = async (page: Page): Promise<string> =>
    (await page.getByRole('region', { name: 'The new token' }).locator('pre').innerText()).trim();

  it('makes a narrowed token that is shown once, says what is wrong with one, and revokes it', async () => {
    const page = await open('alice', '/-/tokens');
    const fields = form(page, 'New access token');
    expect(await page.getByRole('heading', { name: 'Everybody’s' }).count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'For a machine' }).count()).toBe(0);
    await fields.getByLabel('Name', { exact: true }).fill('from the console');
    await fields.getByLabel('Days until it ends').fill('4000');
    await fields.getByRole('button', { name: 'Make token' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('expiresInSeconds');
    await fields.getByLabel('Days until it ends').fill('1');
    await fields.getByLabel('Only namespaces').fill('team-a');
    await fields.getByLabel('Only verbs').fill('get, list');
    await fields.getByRole('button', { name: 'Make token' }).click();
    const token = await shown(page);
    expect(token).toMatch(/^gth_/);
    const table = page.getByRole('table', { name: 'Your access tokens' });
    const row = table.getByRole('row', { name: /from the console/ });
    await row.waitFor();
    expect(await row.innerText()).toContain('verbs: get, list');
    await shoot(page, 'tokens-made');
    expect((await send(gateway, PODS, { token })).status).toBe(200);
    expect((await send(gateway, '/api/v1/namespaces/team-a/pods/web', { method: 'DELETE', token })).status).toBe(403);
    await page.reload();
    await row.waitFor();
    expect(await page.locator('body').innerText()).not.toContain(token);
    await page.getByRole('button', { name: 'Revoke from the console' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await send(gateway, PODS, { token })).status).toBe(401);
    await page.context().close();
  });

  it('lets root make a machine and its token, and end anybody’s', async () => {
    const machine = `console-${gateway.engine}`;
    const page = await open('root', '/-/serviceidentities');
    await page.getByRole('button', { name: 'New ServiceIdentity' }).click();
    const editor = page.getByLabel('YAML');
    await editor.fill((await editor.inputValue()).replace('name: ci', `name: ${machine}`));
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: machine }).waitFor();
    await shoot(page, 'serviceidentities');
    await page.getByRole('link', { name: 'Access tokens' }).click();
    await page.getByLabel('Service identity').selectOption(machine);
    const fields = form(page, `New token of ${machine}`);
    await fields.getByLabel('Name', { exact: true }).fill('of the machine');
    await fields.getByRole('button', { name: 'Make token' }).click();
    const token = await shown(page);
    expect(JSON.parse((await send(gateway, '/-/me', { token })).body)).toMatchObject({
      username: `gatehouse:${machine}`,
    });
    const row = page
      .getByRole('table', { name: 'Everybody’s access tokens' })
      .getByRole('row', { name: new RegExp(`of the machine.*gatehouse:${machine}`) });
    await row.waitFor();
    await shoot(page, 'tokens-admin');
    await row.getByRole('button', { name: 'Revoke of the machine' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await send(gateway, '/-/me', { token })).status).toBe(401);
    expect((await send(gateway, `${OWN}/accesstokens`, { token: gateway.people.alice.idToken })).status).toBe(403);
    await deleteObject(gateway, { kind: 'ServiceIdentity', name: machine });
    await page.context().close();
  });

  it('gives each kubeconfig, and one with a token that is only saved', async () => {
    const page = await open('alice', '/-/kubeconfig');
    const text = page.getByLabel('kubeconfig', { exact: true });
    await text.waitFor();
    expect(await text.innerText()).toContain('device_code');
    for (const [choice, words] of [
      ['With the gatehouse command', 'command: gatehouse'],
      ['With kubelogin', 'oidc-login'],
    ] as const) {
      await page.getByLabel(choice).check();
      await page.getByText(words).first().waitFor();
    }
    await shoot(page, 'kubeconfig-kubelogin');
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download with a token instead' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe('gatehouse.kubeconfig');
    let body = '';
    for await (const chunk of await saved.createReadStream()) body += String(chunk);
    const token = /token: (gth_\w+)/.exec(body)?.[1] ?? '';
    expect((await send(gateway, PODS, { token })).status).toBe(200);
    expect(await page.locator('body').innerText()).not.toContain(token);
    await page.context().close();
  });
});
