import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rootOf } from '../demo/run-cli.ts';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import { logIn, newContext, launchBrowser, sessionCookie } from './log-in.ts';
import { measureCut } from './measure-cut.ts';
import { openWatch, type OpenWatch } from './open-watch.ts';
import { note, readGatewayLog } from './read-gateway-log.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, type GatewayView } from './world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const SESSIONS = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/sessions';

interface LoggedIn {
  readonly context: BrowserContext;
  readonly page: Page;
  /** As the person's own page would send it. */
  readonly headers: Record<string, string>;
  readonly id: string;
}

describe.each(bothEngines())('sessions on $engine', (gateway) => {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => void (browser = await launchBrowser()));
  afterEach(async () => {
    await ask('bob', 'DELETE', '/-/me/sessions');
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(() => browser?.close());

  const ask = (person: PersonName, method: string, target: string) =>
    send(gateway, target, { method, token: gateway.people[person].idToken });
  const own = async (person: PersonName): Promise<{ id: string; current: boolean }[]> =>
    (JSON.parse((await ask(person, 'GET', '/-/me/sessions')).body) as { items: never[] }).items;

  async function open(person: PersonName, path?: string): Promise<LoggedIn> {
    const known = new Set((await own(person)).map(({ id }) => id));
    const context = await newContext(browser);
    contexts.push(context);
    const page = await context.newPage();
    await logIn(page, gateway, person, path);
    const headers = { cookie: await sessionCookie(context), 'sec-fetch-site': 'same-origin' };
    const id = (await own(person)).find((session) => !known.has(session.id))?.id;
    return { context, page, headers, id: id as string };
  }
  const statusOf = async ({ headers }: LoggedIn): Promise<number> => (await send(gateway, PODS, { headers })).status;
  const watchOf = (session: LoggedIn, gatewayView: GatewayView = gateway): Promise<OpenWatch> =>
    openWatch(gatewayView, `${PODS}?watch=1&marker=${session.id}`, session.headers);

  it('are ended by nobody else, not by an access token, and not without saying whose', async () => {
    const bob = await open('bob');
    expect((await ask('alice', 'DELETE', `/-/me/sessions/${bob.id}`)).status).toBe(404);
    expect((await ask('alice', 'GET', SESSIONS)).status).toBe(403);
    expect((await ask('alice', 'DELETE', `${SESSIONS}/${bob.id}`)).status).toBe(403);
    expect((await ask('carol', 'DELETE', `${SESSIONS}?fieldSelector=status.username%3Ddemo:bob`)).status).toBe(403);
    expect((await ask('root', 'DELETE', SESSIONS)).status).toBe(400);
    expect((await ask('root', 'DELETE', `${SESSIONS}?fieldSelector=status.username!%3Dx`)).status).toBe(400);
    expect((await ask('root', 'DELETE', `${SESSIONS}?fieldSelector=spec.username%3Ddemo:bob`)).status).toBe(400);
    expect((await ask('root', 'DELETE', `${SESSIONS}?labelSelector=a%3Db`)).status).toBe(400);
    const body = JSON.stringify({ name: 'sessions', expiresInSeconds: 60 });
    const made = await send(gateway, '/-/me/tokens', {
      method: 'POST',
      token: gateway.people.bob.idToken,
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { token } = JSON.parse(made.body) as { token: string };
    for (const path of ['/-/me/sessions', `/-/me/sessions/${bob.id}`])
      expect((await send(gateway, path, { method: 'DELETE', token })).status).toBe(403);
    const crossSite = { ...bob.headers, 'sec-fetch-site': 'cross-site' };
    expect((await send(gateway, '/-/me/sessions', { method: 'DELETE', headers: crossSite })).status).toBe(401);
    expect(await statusOf(bob)).toBe(200);
  });

  it('are not ended by an id from the log that somebody else puts into a cookie', async () => {
    const bob = await open('bob');
    const cookie = `__Host-gatehouse-session=${bob.id}`;
    for (const person of ['carol', 'alice', 'bob'] as const) {
      const token = gateway.people[person].idToken;
      await send(gateway, '/-/auth/logout', { method: 'POST', token, headers: { cookie } });
      expect(await statusOf(bob), person).toBe(200);
    }
  });

  it('are listed to their owner without a secret, and one that is ended is cut while the other goes on', async () => {
    const [one, other] = [await open('bob'), await open('bob')];
    const listed = await send(gateway, '/-/me/sessions', { headers: one.headers });
    const { items } = JSON.parse(listed.body) as { items: Record<string, unknown>[] };
    expect(items.find(({ id }) => id === one.id)).toMatchObject({
      current: true,
      issuer: 'demo',
      sourceAddress: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as string,
      userAgent: expect.stringContaining('Chrome') as string,
    });
    expect(items.find(({ id }) => id === other.id)).toMatchObject({ current: false });
    expect(listed.body).not.toContain(other.headers.cookie?.split('=')[1]);
    const [watch, spared] = [await watchOf(one), await watchOf(other)];
    let sparedEnded = false;
    void spared.ended.then(() => (sparedEnded = true));
    await measureCut('ended session', () => ask('bob', 'DELETE', `/-/me/sessions/${one.id}`), watch);
    expect([await statusOf(one), await statusOf(other), sparedEnded]).toEqual([401, 200, false]);
    spared.close();
    const log = await readGatewayLog(gateway, '&user=demo%3Abob');
    const cut = log.find(({ requestURI }) => requestURI.includes(`marker=${one.id}`));
    expect(cut && [note(cut, 'abortCode'), note(cut, 'abortReason')]).toEqual([
      'invalidCredential',
      'the session that opened this was ended',
    ]);
    const acts = log
      .filter(({ objectRef }) => objectRef?.name === one.id)
      .map(({ verb, user }) => [verb, user.username]);
    expect(acts).toEqual([
      ['delete', 'demo:bob'],
      ['login', 'demo:bob'],
    ]);
  });

  it('all of a person are ended by an admin with kubectl, who sees where they are', async () => {
    const [one, other] = [await open('bob'), await open('bob')];
    const alice = await open('alice');
    const watches = [await watchOf(one), await watchOf(other)];
    const asRoot = (...args: string[]) =>
      kubectl(gateway.people.root.kubeconfig, ['--server', `${gateway.url}/clusters/gatehouse`, ...args]);
    const selector = ['--field-selector', 'status.username=demo:bob'];
    const shown = await asRoot('get', 'sessions', ...selector, '-o', 'json');
    expect(shown.stdout).toContain(one.id);
    expect(shown.stdout).not.toContain(alice.id);
    await measureCut('kubectl delete sessions', () => asRoot('delete', 'sessions', ...selector), {
      ended: Promise.all(watches.map(({ ended }) => ended)).then((times) => Math.max(...times)),
    });
    expect([await statusOf(one), await statusOf(other), await statusOf(alice)]).toEqual([401, 401, 200]);
    await ask('root', 'DELETE', `${SESSIONS}?fieldSelector=status.issuer%3Ddemo,status.subject%3Dalice`);
    expect(await statusOf(alice)).toBe(401);
  });

  it('are ended on the console’s page: one, and all of one’s own, which leads to the login', async () => {
    const other = await open('bob');
    const { page } = await open('bob', '/-/sessions');
    const table = page.getByRole('table', { name: 'Your sessions' });
    await table.waitFor();
    await page.screenshot({ path: join(rootOf(), 'test-results/screenshots/sessions.png'), fullPage: true });
    await table.getByRole('button', { name: 'End', exact: true }).click();
    await page.getByText('The session has ended.').waitFor();
    expect(await statusOf(other)).toBe(401);
    await page.getByRole('button', { name: 'End all of mine' }).click();
    await page.getByRole('button', { name: 'End them' }).click();
    await page.getByText('Your session has ended.').waitFor();
    expect(await own('bob')).toEqual([]);
  });

  it('of others are ended by an admin on the console’s page', async () => {
    const bob = await open('bob');
    const { page } = await open('root', '/-/sessions');
    const row = page.getByRole('table', { name: 'Everybody’s sessions' }).getByRole('row', { name: /demo:bob/ });
    await row.getByRole('button', { name: 'End all of this person' }).click();
    await page.screenshot({ path: join(rootOf(), 'test-results/screenshots/sessions-admin.png'), fullPage: true });
    await page.getByRole('button', { name: 'End them' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await statusOf(bob)).toBe(401);
  });
});
