/** Real kubectl with real kubelogin (int128/kubelogin), by the kubeconfig that the gateway gives, login in Chromium. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findFreePort } from '../support/find-free-port.ts';
import { PUBLIC_CLIENT } from '../support/identity-provider.ts';
import { watchChild, type Watched } from '../support/watch-child.ts';
import { launchBrowser, newContext } from './log-in.ts';
import { replaceObject } from './own-objects.ts';
import { spawnKubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, world } from './world.ts';

interface Config {
  users: { user: { exec: { command: string; args: string[] } } }[];
}
interface IssuerSpec {
  issuer: { audiences: string[] };
}

describe.each(bothEngines())('kubelogin, gateway on $engine', (gateway) => {
  let browser: Browser;
  let page: Page;
  let file: string;
  let port: number;
  let issuer: IssuerSpec;
  const home = mkdtempSync(join(world().directory, 'kubelogin-'));
  const cache = join(home, '.kube/cache/oidc-login');
  // The plugin, and the kubectl that runs it, are found in the PATH as on anybody's machine.
  const PATH = [dirname(world().kubeloginPath), dirname(world().kubectlPath), process.env.PATH ?? ''].join(delimiter);

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await (await newContext(browser)).newPage();
    port = await findFreePort();
    const { idToken } = gateway.people.alice;
    const answer = await send(gateway, `/-/me/kubeconfig?with=kubelogin&clientID=${PUBLIC_CLIENT}`, { token: idToken });
    expect(answer.status, answer.body).toBe(200);
    const config = parse(answer.body) as Config;
    const { exec } = (config.users[0] as Config['users'][number]).user;
    expect([exec.command, ...exec.args.slice(0, 2)]).toEqual(['kubectl', 'oidc-login', 'get-token']);
    // Chromium is the test's own, and the ordinary port may be somebody's.
    exec.args.push('--skip-open-browser', `--listen-address=127.0.0.1:${port}`);
    file = join(home, 'config');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const path = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/issuers/demo';
    const own = await send(gateway, path, { token: gateway.people.root.idToken });
    issuer = (JSON.parse(own.body) as { spec: IssuerSpec }).spec;
  });
  afterAll(async () => {
    await browser?.close();
    await setAudiences(issuer.issuer.audiences);
  });

  async function setAudiences(audiences: string[]): Promise<void> {
    const spec = { ...issuer, issuer: { ...issuer.issuer, audiences } };
    const answer = await replaceObject(gateway, { kind: 'Issuer', name: 'demo', spec });
    expect(answer.status, answer.body).toBe(200);
  }
  const start = (...args: string[]): Watched => watchChild(spawnKubectl(file, args, { env: { HOME: home, PATH } }));
  /** Opens the address that kubelogin shows; the provider asks for a password where it does not know the browser yet. */
  async function logIn(program: Watched, asked: boolean): Promise<void> {
    const [address] = await program.until(/http:\/\/localhost:\d+/);
    expect(address).toBe(`http://localhost:${port}`);
    await page.goto(address);
    if (asked) {
      await page.getByLabel('Name').fill('alice');
      await page.getByLabel('Password').fill(gateway.people.alice.password);
      await page.getByRole('button', { name: 'Log in' }).click();
    }
    await page.getByText('Authenticated').waitFor();
  }

  it('is refused with the ID token of a client that is no audience of the Issuer', async () => {
    const refused = start('auth', 'whoami');
    await logIn(refused, true);
    expect((await refused.ended).code, refused.text()).toBe(1);
    expect(refused.text()).toContain('You must be logged in to the server');
    rmSync(cache, { recursive: true });
  });

  it('logs in once, is the person of the login, and keeps the token for the next kubectl', async () => {
    await setAudiences([...issuer.issuer.audiences, PUBLIC_CLIENT]);
    const first = start('auth', 'whoami');
    await logIn(first, false);
    expect((await first.ended).code, first.text()).toBe(0);
    expect(first.text()).toMatch(/Username +demo:alice/);
    expect(first.text()).toMatch(/Groups +\[demo:team-a-admins /);
    expect(existsSync(cache)).toBe(true);
    const again = start('-n', 'team-a', 'get', 'pods', '-o', 'name');
    expect((await again.ended).code, again.text()).toBe(0);
    expect(again.text()).toBe('pod/web\n');
  });

  it('asks again when its cache is gone', async () => {
    rmSync(cache, { recursive: true });
    const asked = start('-n', 'team-a', 'get', 'pods', '-o', 'name');
    await logIn(asked, false);
    expect((await asked.ended).code, asked.text()).toBe(0);
    expect(asked.text()).toContain('pod/web\n');
  });
});
