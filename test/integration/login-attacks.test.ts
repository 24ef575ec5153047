import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOGIN_COOKIE, SESSION_COOKIE, finishLogin, type FinishedLogin, type LoginPorts } from '#login';
import { startIdentityProvider } from '../support/identity-provider.ts';
import { createSmallBrowser, type SmallBrowser } from '../support/identity-provider-browser.ts';
import {
  CALLBACK,
  GATEWAY_HOST,
  loginIssuerOf,
  startLoginWorld,
  type LoginWorld,
} from '../support/identity-provider-login-world.ts';

let world: LoginWorld;
let browser: SmallBrowser;
/** Where the provider sent the browser after a good login: what an attacker may change. */
let callback: URL;
let createdBefore: number;

beforeAll(async () => {
  world = await startLoginWorld();
});
afterAll(() => world?.stop());
beforeEach(async () => {
  world.aheadMs = 0;
  browser = world.browser();
  callback = new URL(await browser.logIn(await world.begin(browser), 'alice'));
  createdBefore = world.created();
});

const changed = (change: (parameters: URLSearchParams) => void): string => {
  const url = new URL(callback);
  change(url.searchParams);
  return url.href;
};
const loginCookieOf = (from: SmallBrowser): string =>
  new RegExp(`${LOGIN_COOKIE}=([^;]*)`).exec(from.cookieHeader(GATEWAY_HOST) ?? '')?.[1] ?? '';
const plant = (value: string): void => browser.keep(GATEWAY_HOST, [`${LOGIN_COOKIE}=${value}`]);
const isRefused = (finished: FinishedLogin): void => {
  expect(finished.ok).toBe(false);
  expect(finished.setCookies.join()).not.toContain(SESSION_COOKIE);
  expect(world.created()).toBe(createdBefore);
};

describe('the callback refuses', () => {
  test.each<[string, (parameters: URLSearchParams) => void]>([
    ['no state', (p) => p.delete('state')],
    ['an empty state', (p) => p.set('state', '')],
    ['another state', (p) => p.set('state', 'A'.repeat(43))],
    ['the state in another case', (p) => p.set('state', (p.get('state') ?? '').toLowerCase())],
    ['a part of the state', (p) => p.set('state', (p.get('state') ?? '').slice(0, -1))],
    ['a second state', (p) => p.append('state', 'x')],
    ['the state twice', (p) => p.append('state', p.get('state') ?? '')],
  ])('%s, and lets the real login go on', async (_what, change) => {
    const finished = await world.end(browser, changed(change));
    isRefused(finished);
    expect(finished).toMatchObject({ code: 'badRequest', setCookies: [] });
    // Any page could have sent the browser there: the login that is under way is not ended by it.
    expect(await world.end(browser, callback.href)).toMatchObject({ ok: true });
  });

  test.each<[string, (parameters: URLSearchParams) => void]>([
    ['another issuer (RFC 9207)', (p) => p.set('iss', 'https://evil.example')],
    ['a near-miss issuer', (p) => p.set('iss', `${p.get('iss')}/`)],
    ['no issuer, though the provider says that it sends one', (p) => p.delete('iss')],
    ['two issuers', (p) => p.append('iss', 'https://evil.example')],
    ['no code', (p) => p.delete('code')],
    ['an empty code', (p) => p.set('code', '')],
    ['two codes', (p) => p.append('code', 'x')],
    ['another code', (p) => p.set('code', 'A'.repeat(43))],
    ['tokens in the query', (p) => p.set('id_token', 'x.y.z')],
    [
      'tokens in the query instead of a code',
      (p) => {
        p.delete('code');
        p.set('id_token', 'x.y.z');
        p.set('access_token', 'x');
      },
    ],
    ['an answer as a JWT (JARM)', (p) => p.set('response', 'x.y.z')],
    ['an error beside the code', (p) => p.set('error', 'access_denied')],
  ])('%s', async (_what, change) => {
    const finished = await world.end(browser, changed(change));
    isRefused(finished);
    expect(finished).toMatchObject({ ok: false, code: 'invalidCredential', issuer: 'demo' });
  });

  test.each(['access_denied', '<script>alert(1)</script>', 'a'.repeat(500), 'x\r\nSet-Cookie: a=b'])(
    'with a message that is fit for a page, for the error %j',
    async (error) => {
      const finished = await world.end(
        browser,
        changed((p) => {
          p.delete('code');
          p.set('error', error);
          p.set('error_description', error);
        }),
      );
      isRefused(finished);
      expect(!finished.ok && finished.message).toMatch(
        /^the login provider refused the login \((access_denied|unknown error)\)$/,
      );
    },
  );

  test('a browser that did not begin (login CSRF), even one that has begun a login of its own', async () => {
    const stranger = world.browser();
    isRefused(await world.end(stranger, callback.href));
    await world.begin(stranger);
    isRefused(await world.end(stranger, callback.href));
  });

  test('a code of another login in place of its own (code injection)', async () => {
    const bobs = world.browser();
    const bobsCallback = new URL(await bobs.logIn(await world.begin(bobs), 'bob'));
    isRefused(
      await world.end(
        browser,
        changed((p) => p.set('code', bobsCallback.searchParams.get('code') ?? '')),
      ),
    );
  });

  test('its own code a second time: here at once, and on another replica by the provider', async () => {
    const replay = createSmallBrowser(world.provider);
    const cookie = loginCookieOf(browser);
    expect(await world.end(browser, callback.href)).toMatchObject({ ok: true });
    createdBefore++;
    replay.keep(GATEWAY_HOST, [`${LOGIN_COOKIE}=${cookie}`]);
    expect(await world.end(replay, callback.href)).toMatchObject({ ok: false, code: 'badRequest' });
    replay.keep(GATEWAY_HOST, [`${LOGIN_COOKIE}=${cookie}`]);
    const otherReplica: LoginPorts = { ...world.ports, claimState: () => true };
    const finished = await world.end(replay, callback.href, otherReplica);
    isRefused(finished);
    expect(finished).toMatchObject({ ok: false, code: 'invalidCredential' });
  });

  test('a login that took longer than ten minutes', async () => {
    world.aheadMs = 600_000;
    isRefused(await world.end(browser, callback.href));
  });

  test('a login cookie that was changed in any place', async () => {
    const cookie = loginCookieOf(browser);
    for (let at = 0; at < cookie.length - 1; at += 7) {
      plant(cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1));
      isRefused(await world.end(browser, callback.href));
    }
    for (const other of [
      '',
      'x',
      cookie.slice(0, -10),
      `${cookie}${cookie}`,
      Buffer.from('{"state":"x"}').toString('base64url'),
    ]) {
      plant(other);
      isRefused(await world.end(browser, callback.href));
    }
    plant(cookie);
    expect(await world.end(browser, callback.href)).toMatchObject({ ok: true });
  });

  test('a value that the gateway sealed for something else', async () => {
    const clear = world.ports.sealer.open(loginCookieOf(browser));
    for (const context of [
      { table: 'sessions', row: 'login', field: 'transaction', binding: CALLBACK },
      { table: 'cookie', row: 'login', field: 'transaction', binding: 'https://other.example' },
    ]) {
      plant(world.store.sealer.seal(clear, context));
      isRefused(await world.end(browser, callback.href));
    }
  });

  test('two login cookies, of which one was planted', async () => {
    const cookieHeader = `${LOGIN_COOKIE}=${loginCookieOf(browser)}; ${LOGIN_COOKIE}=planted`;
    isRefused(await finishLogin({ query: callback.search, cookieHeader }, world.ports));
  });

  test.each(['nonce', 'codeVerifier'])('an ID token or code that was asked for with another %s', async (name) => {
    // Only the gateway can seal; so this shows what the check itself is worth.
    const transaction = JSON.parse(world.ports.sealer.open(loginCookieOf(browser))) as Record<string, unknown>;
    plant(world.ports.sealer.seal(JSON.stringify({ ...transaction, [name]: 'A'.repeat(43) })));
    const finished = await world.end(browser, callback.href);
    isRefused(finished);
    expect(finished).toMatchObject({ code: 'invalidCredential' });
  });
});

describe('with two providers', () => {
  test('an answer of one does not end a login that was begun at the other (mix-up)', async () => {
    const evil = await startIdentityProvider({ redirectUris: [CALLBACK], idTokenSeconds: 60 });
    world.issuers.set('evil', loginIssuerOf(evil, { name: 'evil' }));
    const atEvil = createSmallBrowser(evil);
    const evilCallback = new URL(await atEvil.logIn(await world.begin(atEvil, '/-/', 'evil'), 'alice'));
    // The evil provider's code and name, in a login that was begun at the good one.
    isRefused(
      await world.end(
        browser,
        changed((p) => {
          for (const name of ['code', 'iss']) p.set(name, evilCallback.searchParams.get(name) ?? '');
        }),
      ),
    );
    // The good provider's code, in a login that was begun at the evil one: the code must not be sent there.
    const stolen = new URL(evilCallback);
    for (const name of ['code', 'iss']) stolen.searchParams.set(name, callback.searchParams.get(name) ?? '');
    isRefused(await world.end(atEvil, stolen.href));
    world.issuers.delete('evil');
    await evil.stop();
  });
});

describe('a hostile returnTo', () => {
  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/x\r\nSet-Cookie: a=b',
    ['/-/', '//evil.example'],
    null,
  ])('%j leads home', async (returnTo) => {
    const here = world.browser();
    const finished = await world.end(here, await here.logIn(await world.begin(here, returnTo), 'alice'));
    expect(finished).toMatchObject({ ok: true, returnTo: '/-/' });
  });
});

describe('session fixation', () => {
  test('a session that was planted in the browser does not become the person’s', async () => {
    const attacker = world.browser();
    const mine = await world.end(attacker, await attacker.logIn(await world.begin(attacker), 'bob'));
    const planted = new RegExp(`${SESSION_COOKIE}=([\\w-]{43});`).exec(mine.setCookies.join())?.[1] ?? '';
    expect(planted).not.toBe('');
    const victim = world.browser();
    victim.keep(GATEWAY_HOST, [`${SESSION_COOKIE}=${planted}; SameSite=Strict`]);
    const finished = await world.end(victim, await victim.logIn(await world.begin(victim), 'alice'));
    expect(finished.ok).toBe(true);
    expect(finished.setCookies.join()).not.toContain(planted);
    expect(await world.store.sessions.find(planted)).toBeUndefined();
  });

  test('odd session cookies neither stop a login nor swell its cookie', async () => {
    const here = world.browser();
    here.keep(GATEWAY_HOST, [`${SESSION_COOKIE}=${'x'.repeat(3000)}`]);
    const callbackUrl = await here.logIn(await world.begin(here), 'alice');
    expect(loginCookieOf(here).length).toBeLessThan(1000);
    expect(await world.end(here, callbackUrl)).toMatchObject({ ok: true });
  });
});
