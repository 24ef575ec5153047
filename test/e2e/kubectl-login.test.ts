/** kubectl that logs in by itself: every kubeconfig of `/-/me/kubeconfig`, with the real kubectl and Chromium. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rootOf, tryCli } from '../demo/run-cli.ts';
import { shownCode, watchChild, type Watched } from '../support/watch-child.ts';
import { answerDevice } from './approve-device.ts';
import { launchBrowser, logIn, newContext, sessionCookie } from './log-in.ts';
import { openWatch } from './open-watch.ts';
import { kubectl, spawnKubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { noteAnswer } from './used-secrets.ts';
import { bothEngines, world } from './world.ts';

const SCREENSHOTS = join(rootOf(), 'test-results/screenshots');
const PODS = ['-n', 'team-a', 'get', 'pods'];
/** Promised within a second; asserted at five times that, and the real value printed. */
const CUT_WITHIN_MS = 5_000;

describe.each(bothEngines())('kubectl logs in, gateway on $engine', (gateway) => {
  const { idToken } = gateway.people.alice;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    context = await newContext(browser);
    page = await context.newPage();
    await logIn(page, gateway, 'alice');
  });
  afterAll(() => browser?.close());

  async function kubeconfig(
    query: string,
    init: { token?: string; headers?: Record<string, string> } = { token: idToken },
  ) {
    const answer = await send(gateway, `/-/me/kubeconfig${query}`, init);
    expect(answer.status, answer.body).toBe(200);
    return save(answer.body);
  }
  function save(text: string): string {
    const file = join(mkdtempSync(join(world().directory, 'kubeconfig-')), 'config');
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }
  /** A cache of its own, and `gatehouse` on the path. */
  function newEnvironment(): Record<string, string> & { XDG_CACHE_HOME: string } {
    const cache = mkdtempSync(join(world().directory, 'cache-'));
    return { XDG_CACHE_HOME: cache, PATH: `${join(rootOf(), 'bin')}:${process.env.PATH ?? ''}` };
  }
  const start = (file: string, args: readonly string[], env: Record<string, string>): Watched =>
    watchChild(spawnKubectl(file, args, { env }));
  interface Token {
    readonly id: string;
    readonly name: string;
    readonly origin: string;
  }
  const tokens = async (): Promise<Token[]> =>
    (JSON.parse((await send(gateway, '/-/me/tokens', { token: idToken })).body) as { items: Token[] }).items;
  const revoke = async (id: string): Promise<number> =>
    (await send(gateway, `/-/me/tokens/${id}`, { method: 'DELETE', token: idToken })).status;
  const cached = (env: { XDG_CACHE_HOME: string }): string[] => {
    const folder = join(env.XDG_CACHE_HOME, 'gatehouse');
    return readdirSync(folder)
      .filter((name) => /^(login|shell)-/.test(name) && !name.endsWith('.ca'))
      .map((name) => {
        expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
        noteAnswer(world().directory, [], readFileSync(join(folder, name), 'utf8'));
        return join(folder, name);
      });
  };

  it.each([
    ['gatehouse login', 'gatehouse', /gatehouse-cli/],
    ['a shell and curl', 'shell', /kubectl-shell/],
  ])('by %s: is let in by the code, cut when that is revoked, and asked again', async (what, form, client) => {
    const file = await kubeconfig(`?with=${form}`);
    const env = newEnvironment();

    const first = start(file, PODS, env);
    const shots = gateway.engine === 'sqlite' && form === 'gatehouse' ? join(SCREENSHOTS, 'device') : undefined;
    const shown = await answerDevice(page, gateway, await shownCode(first), 'Give access', shots);
    expect(shown).toMatch(client);
    expect(shown).toContain('127.0.0.1');
    expect(shown).toContain('demo:alice');
    expect((await first.ended).code, first.text()).toBe(0);
    expect(first.text()).toContain('web');
    cached(env);
    // From then on it asks nobody.
    const again = await kubectl(file, PODS, { env });
    expect(again).toMatchObject({ code: 0, stderr: '' });

    const exec = start(file, ['-n', 'team-a', 'exec', 'web', '--', 'sh', '-c', 'echo begun; sleep 60'], env);
    const watch = start(file, ['-n', 'team-a', 'get', 'configmaps', '-w'], env);
    await exec.until(/begun/);
    await watch.until(/kube-root-ca\.crt/);
    const made = (await tokens()).findLast(({ origin }) => origin === 'deviceLogin') as Token;
    const startedAt = Date.now();
    expect(await revoke(made.id)).toBe(204);
    for (const [name, child] of [
      ['exec', exec],
      ['get -w', watch],
    ] as const) {
      const { atMs } = await child.ended;
      console.log(`${what}, ${gateway.engine}: kubectl ${name} had ended ${atMs - startedAt} ms after the revocation`);
      expect(atMs - startedAt).toBeLessThan(CUT_WITHIN_MS);
    }

    const asked = start(file, PODS, env);
    await answerDevice(page, gateway, await shownCode(asked), 'Give access');
    expect((await asked.ended).code, asked.text()).toBe(0);
  });

  it('has the far socket of a watch cut when the login that opened it ends', async () => {
    const env = newEnvironment();
    const server = ['--server', gateway.url, '--certificate-authority', gateway.caFile];
    const login = watchChild(spawn(join(rootOf(), 'bin/gatehouse'), ['login', ...server], { env, stdio: 'pipe' }));
    await answerDevice(page, gateway, await shownCode(login), 'Give access');
    expect((await login.ended).code, login.text()).toBe(0);
    // Knows now which gateway is meant, and what its certificate is signed by.
    const token = (await tryCli(['token'], env)).stdout.trim();
    expect(token).toMatch(/^gth_/);
    expect((await send(gateway, '/-/me/tokens', { method: 'POST', token, body: '{}' })).status).toBe(403);
    expect((await send(gateway, '/-/me/kubeconfig', { method: 'POST', token })).status).toBe(403);
    const watch = await openWatch(gateway, '/api/v1/namespaces/team-a/pods?watch=1', {
      authorization: `Bearer ${token}`,
    });
    const startedAt = Date.now();
    expect((await tryCli(['logout'], env)).code).toBe(0);
    const endedAt = await watch.ended;
    console.log(
      `gatehouse logout, ${gateway.engine}: the far socket saw the end ${endedAt - startedAt} ms after its start`,
    );
    expect(endedAt - startedAt).toBeLessThan(CUT_WITHIN_MS);
    expect(cached(env)).toEqual([]);
    expect((await send(gateway, '/-/me', { token })).status).toBe(401);
    expect(await tryCli(['token', ...server], env)).toMatchObject({ code: 1, stdout: '' });
    expect((await tryCli(['logout', ...server], env)).stderr).toContain('You are not logged in');
  });

  it('by the browser on the same machine, which comes back by itself', async () => {
    const env = newEnvironment();
    const file = await kubeconfig('?with=gatehouse');
    const config = parse((await send(gateway, '/-/me/kubeconfig?with=gatehouse', { token: idToken })).body) as {
      users: { user: { exec: { args: string[] } } }[];
    };
    config.users[0]?.user.exec.args.push('--browser');
    writeFileSync(file, JSON.stringify(config));
    const child = start(file, PODS, env);
    const [, address = ''] = await child.until(/open (https:\S+)\n/);
    await page.goto(address);
    await page.getByRole('button', { name: 'Give access' }).waitFor();
    if (gateway.engine === 'sqlite')
      await page.screenshot({ path: join(SCREENSHOTS, 'authorize.png'), fullPage: true });
    await page.getByRole('button', { name: 'Give access' }).click();
    await page.getByText('You are logged in.').waitFor();
    expect((await child.ended).code, child.text()).toBe(0);
    expect((await tokens()).at(-1)).toMatchObject({ origin: 'browserLogin' });

    const elsewhere = new URL(address);
    elsewhere.searchParams.set('redirect_uri', 'https://evil.example/');
    await page.goto(elsewhere.href);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Give access' }).count()).toBe(0);
  });

  it('and a WebSocket of a browser brings the token as a subprotocol, which wins over the cookie and stays here', async () => {
    const target = '/api/v1/namespaces/team-a/pods/web/exec?command=id&stdout=true';
    const socketOf = (token: string): Promise<string> =>
      page.evaluate(
        ([address, bearer]) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(address as string, [
              'v5.channel.k8s.io',
              `base64url.bearer.authorization.k8s.io.${bearer}`,
            ]);
            let text = '';
            socket.binaryType = 'arraybuffer';
            socket.addEventListener('message', ({ data }) => (text += new TextDecoder().decode(data as ArrayBuffer)));
            socket.addEventListener('close', ({ code }) =>
              resolve(text === '' ? `closed ${code}` : `${socket.protocol} ${text}`),
            );
          }),
        [gateway.url.replace('https', 'wss') + target, Buffer.from(token).toString('base64url')],
      );
    await page.goto(`${gateway.url}/-/`);
    // The session of this very page would do; the bad bearer is what counts.
    expect(await socketOf('gth_nonsense')).toBe('closed 1006');
    expect(await socketOf(gateway.people.bob.idToken)).toBe('closed 1006');
    const said = await socketOf(idToken);
    expect(said).toContain('v5.channel.k8s.io');
    expect(said).toContain('uid=');
  });

  it('by a token in the file: the bearer that asked for it, or one that is made for it by POST alone', async () => {
    const own = await kubeconfig('');
    expect((await kubectl(own, PODS)).code).toBe(0);
    const before = (await tokens()).length;
    const headers = { cookie: await sessionCookie(context), 'sec-fetch-site': 'same-origin' };
    expect((await send(gateway, '/-/me/kubeconfig?with=token', { headers })).status).toBe(422);
    expect((await send(gateway, '/-/me/kubeconfig', { headers })).body).toContain('exec:');
    expect((await send(gateway, '/-/me/kubeconfig?with=magic', { headers })).status).toBe(422);
    expect(await tokens()).toHaveLength(before);
    const made = await send(gateway, '/-/me/kubeconfig', { method: 'POST', headers });
    expect(made.status).toBe(201);
    const file = save(made.body);
    expect((await kubectl(file, PODS)).code).toBe(0);
    const kept = (await tokens()).at(-1) as Token;
    expect(kept).toMatchObject({ origin: 'kubeconfig' });
    expect(await revoke(kept.id)).toBe(204);
    expect((await kubectl(file, PODS)).stderr).toContain('You must be logged in to the server');
  });
});
