import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { authenticate, compileIssuers, createKeySets, createVerifiedCache, identityFromClaims } from '#identity';
import { LOGIN_COOKIE, SESSION_COOKIE, logout, startLogin } from '#login';
import type { Authentication } from '#model';
import { issuerOf } from '../support/identity-provider-gateway.ts';
import {
  CALLBACK,
  GATEWAY_HOST,
  loginIssuerOf,
  startLoginWorld,
  type LoginWorld,
} from '../support/identity-provider-login-world.ts';
import type { SmallBrowser } from '../support/identity-provider-browser.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await startLoginWorld();
});
afterAll(() => world?.stop());
beforeEach(() => {
  world.aheadMs = 0;
  world.issuers.set('demo', loginIssuerOf(world.provider));
});

/** Who the identity stage says that this browser is, on a page of the gateway itself. */
async function whoIs(browser: SmallBrowser): Promise<Authentication> {
  const now = (): number => Date.now() + world.aheadMs;
  const touch = (id: string, atMs: number) => void world.store.sessions.noteSessionsUsed([{ id, atMs }]);
  const ports = {
    now,
    keySets: createKeySets({ now }),
    verifiedCache: createVerifiedCache(),
    accessTokens: { findAccessToken: () => undefined },
    disabledPeople: { has: () => false },
    sessions: { ...world.store.sessions, touch },
  };
  const cookie = browser.cookieHeader(GATEWAY_HOST);
  const cookies = cookie ? [cookie] : [];
  const input = { authorization: undefined, websocketBearer: undefined, cookies, cookieAllowed: true };
  return await authenticate(input, compileIssuers([issuerOf(world.provider)]), ports);
}
async function logIn(browser: SmallBrowser, person: string) {
  const finished = await world.end(browser, await browser.logIn(await world.begin(browser), person));
  if (!finished.ok) throw new Error(finished.message, { cause: finished.cause });
  return finished;
}
const cookieOf = (browser: SmallBrowser, name: string): string | undefined =>
  new RegExp(`${name}=([^;]*)`).exec(browser.cookieHeader(GATEWAY_HOST) ?? '')?.[1];

describe('a login does not begin', () => {
  test.each(['nobody', '', '__proto__', 'demo ', 'DEMO'])('with the issuer %j, which is none', async (issuer) => {
    await expect(startLogin({ issuer, returnTo: '/-/' }, world.ports)).rejects.toMatchObject({ code: 'notFound' });
  });

  test('while the provider is down; and does when it is back', async () => {
    world.issuers.set('demo', loginIssuerOf(world.provider, { scopes: ['openid'] }));
    world.provider.setOutage(true);
    await expect(world.begin(world.browser())).rejects.toMatchObject({ code: 'identityUnavailable' });
    world.provider.setOutage(false);
    await expect(world.begin(world.browser())).resolves.toContain(world.provider.issuerUrl);
  });

  test.each<[string, () => object]>([
    ['is not signed by the configured CA', () => ({ certificateAuthority: undefined })],
    [
      'names another issuer in its discovery document',
      () => ({
        url: `${world.provider.issuerUrl}/`,
        discoveryUrl: `${world.provider.issuerUrl}/.well-known/openid-configuration`,
      }),
    ],
    [
      'has no discovery document at the exact discoveryURL',
      () => ({ discoveryUrl: `${world.provider.issuerUrl}/elsewhere` }),
    ],
  ])('with a provider that %s', async (_what, changes) => {
    world.issuers.set('demo', loginIssuerOf(world.provider, changes()));
    await expect(world.begin(world.browser())).rejects.toMatchObject({ code: 'identityUnavailable' });
  });
});

describe('a login does not end in a session', () => {
  test('with a wrong password', async () => {
    const before = world.created();
    for (const [person, password] of [
      ['alice', 'wrong'],
      ['alice', ''],
      ['nobody', 'x'],
      ['alice', world.provider.passwordOf('bob')],
    ] as const) {
      const browser = world.browser();
      await expect(browser.logIn(await world.begin(browser), person, password)).rejects.toThrow('answered 401');
    }
    expect(world.created()).toBe(before);
  });

  test.each<[string, () => object, string]>([
    ['the client secret is wrong', () => ({ clientSecret: 'wrong' }), 'invalidCredential'],
    ['the issuer allows other algorithms only', () => ({ signingAlgorithms: ['RS256'] }), 'invalidCredential'],
    ['the issuer is gone meanwhile', () => ({ name: 'gone' }), 'notFound'],
  ])('where %s', async (_what, changes, code) => {
    const before = world.created();
    const browser = world.browser();
    const callback = await browser.logIn(await world.begin(browser), 'alice');
    const changed = loginIssuerOf(world.provider, changes());
    world.issuers.clear();
    world.issuers.set(changed.name === 'gone' ? 'other' : 'demo', changed);
    expect(await world.end(browser, callback)).toMatchObject({ ok: false, code, issuer: 'demo' });
    world.issuers.clear();
    expect(world.created()).toBe(before);
    expect(cookieOf(browser, SESSION_COOKIE)).toBeUndefined();
  });

  test('where the claims name nobody, and says why', async () => {
    const before = world.created();
    const issuer = compileIssuers([
      issuerOf(world.provider, { claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }] }),
    ]).byName('demo')!;
    const findClaimProblem = (_name: string, claims: Readonly<Record<string, unknown>>): string | undefined => {
      const result = identityFromClaims(issuer, claims, { kind: 'session', id: '' }, 0);
      return result.ok ? undefined : result.message;
    };
    const browser = world.browser();
    const callback = await browser.logIn(await world.begin(browser), 'alice');
    expect(await world.end(browser, callback, { ...world.ports, findClaimProblem })).toMatchObject({
      ok: false,
      code: 'invalidCredential',
      message: expect.stringContaining('"hd"'),
    });
    expect(world.created()).toBe(before);
  });

  test('while the provider is down, which is 503 and not a failed login', async () => {
    const browser = world.browser();
    const callback = await browser.logIn(await world.begin(browser), 'alice');
    world.provider.setOutage(true);
    expect(await world.end(browser, callback)).toMatchObject({ ok: false, code: 'identityUnavailable' });
    world.provider.setOutage(false);
  });
});

describe('the authorization request', () => {
  test('has state, nonce and PKCE by S256, new for each login, and the configured callback', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const url = new URL(await world.begin(world.browser()));
      expect(url.origin).toBe(world.provider.issuerUrl);
      expect(Object.fromEntries(url.searchParams)).toEqual({
        client_id: 'gatehouse',
        response_type: 'code',
        redirect_uri: CALLBACK,
        scope: 'openid profile email groups',
        code_challenge_method: 'S256',
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        state: expect.stringMatching(/^[\w-]{43}$/),
        nonce: expect.stringMatching(/^[\w-]{43}$/),
      });
      for (const name of ['state', 'nonce', 'code_challenge']) seen.add(url.searchParams.get(name) ?? '');
    }
    expect(seen.size).toBe(9);
  });

  test('shows nothing of the transaction in its cookie', async () => {
    const browser = world.browser();
    const url = new URL(await world.begin(browser));
    const cookie = cookieOf(browser, LOGIN_COOKIE) ?? '';
    const clear = Buffer.from(cookie.split('.').at(-1) ?? '', 'base64url').toString('latin1');
    expect(cookie.length).toBeGreaterThan(200);
    for (const name of ['state', 'nonce']) expect(cookie + clear).not.toContain(url.searchParams.get(name));
  });
});

describe('a login', () => {
  test.each([
    ['alice', 'team-a-admins'],
    ['bob', 'team-a-viewers'],
    ['carol', 'auditors'],
    ['dave', 'team-a-stored'],
    ['root', 'cluster-admins'],
  ])('makes %s the same person as their bearer token does', async (person, group) => {
    const browser = world.browser();
    const finished = await logIn(browser, person);
    expect(finished).toMatchObject({
      issuer: 'demo',
      issuerUrl: world.provider.issuerUrl,
      subject: person,
      returnTo: '/-/',
    });
    const session = await whoIs(browser);
    expect(session).toMatchObject({
      outcome: 'identified',
      identity: {
        subject: person,
        username: `demo:${person}`,
        groups: [`demo:${group}`],
        credential: { kind: 'session', id: finished.sessionId },
      },
    });
    const issuer = compileIssuers([issuerOf(world.provider)]).byName('demo')!;
    const bearer = identityFromClaims(
      issuer,
      { sub: person, preferred_username: person, groups: [group] },
      { kind: 'bearer', id: '' },
      0,
    );
    for (const name of ['issuer', 'issuerUrl', 'subject', 'username', 'groups', 'uid'] as const)
      expect(session.outcome === 'identified' && session.identity[name]).toEqual(bearer.ok && bearer.identity[name]);
  });

  test('gives a Strict host cookie with 256 random bits, of which the store keeps no copy', async () => {
    const browser = world.browser();
    const { setCookies, sessionId } = await logIn(browser, 'alice');
    expect(setCookies).toHaveLength(2);
    expect(setCookies[0]).toMatch(new RegExp(`^${LOGIN_COOKIE}=; .*Max-Age=0`));
    expect(setCookies[1]).toMatch(
      new RegExp(`^${SESSION_COOKIE}=[\\w-]{43}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$`),
    );
    const token = cookieOf(browser, SESSION_COOKIE) ?? '';
    expect(await world.store.sessions.find(token)).toMatchObject({ id: sessionId, idleTimeoutMs: 3_600_000 });
    expect(await world.store.sessions.find(sessionId)).toBeUndefined();
    expect(cookieOf(browser, LOGIN_COOKIE)).toBeUndefined();
  });

  test('ends at the absolute time, however much it was used, and before that when idle', async () => {
    const browser = world.browser();
    await logIn(browser, 'alice');
    for (world.aheadMs = 0; world.aheadMs < 43_200_000 - 60_000; world.aheadMs += 3_000_000)
      expect((await whoIs(browser)).outcome).toBe('identified');
    world.aheadMs = 43_200_001;
    expect(await whoIs(browser)).toMatchObject({ outcome: 'failed', code: 'expiredCredential' });
    world.aheadMs = 0;
    const idle = world.browser();
    await logIn(idle, 'alice');
    world.aheadMs = 3_600_001;
    expect(await whoIs(idle)).toMatchObject({ outcome: 'failed', code: 'expiredCredential' });
  });

  test('leads back to where it began', async () => {
    const browser = world.browser();
    const callback = await browser.logIn(await world.begin(browser, '/-/audit?user=demo%3Abob'), 'carol');
    expect(await world.end(browser, callback)).toMatchObject({ ok: true, returnTo: '/-/audit?user=demo%3Abob' });
  });

  test('takes a new token and ends the browser’s former session, though the Strict cookie is not sent to the callback', async () => {
    const browser = world.browser();
    await logIn(browser, 'bob');
    const former = cookieOf(browser, SESSION_COOKIE) ?? '';
    const callback = await browser.logIn(await world.begin(browser), 'bob');
    expect(browser.cookieHeader(GATEWAY_HOST, { fromAnotherSite: true })).not.toContain(SESSION_COOKIE);
    expect(await world.end(browser, callback)).toMatchObject({ ok: true });
    const latter = cookieOf(browser, SESSION_COOKIE) ?? '';
    expect(latter).toMatch(/^[\w-]{43}$/);
    expect(latter).not.toBe(former);
    expect(await world.store.sessions.find(former)).toBeUndefined();
    expect(await world.store.sessions.find(latter)).toBeDefined();
  });

  test('is followed at once by the next one after the provider has rotated its keys', async () => {
    for (const keepFormer of [true, false, false]) {
      await logIn(world.browser(), 'alice');
      await world.provider.rotateKey({ keepFormer });
    }
    await logIn(world.browser(), 'alice');
    const before = world.provider.keySetRequests();
    for (let i = 0; i < 3; i++) await logIn(world.browser(), 'alice');
    // One look serves many.
    expect(world.provider.keySetRequests()).toBe(before);
  });
});

const logoutPorts = () => ({
  sessions: world.store.sessions,
  providers: world.ports.providers,
  afterLogoutUrl: 'https://127.0.0.1:8443/-/',
});

describe('logout', () => {
  test('ends the session itself, not only the cookie, and no other one', async () => {
    const [here, there] = [world.browser(), world.browser()];
    await logIn(here, 'alice');
    await logIn(there, 'alice');
    const token = cookieOf(here, SESSION_COOKIE) ?? '';
    const { setCookie } = await logout(here.cookieHeader(GATEWAY_HOST), logoutPorts());
    expect(setCookie).toMatch(new RegExp(`^${SESSION_COOKIE}=; .*Max-Age=0`));
    // A thief who kept the cookie has nothing.
    expect(await whoIs(here)).toMatchObject({ outcome: 'failed', code: 'invalidCredential' });
    expect(await world.store.sessions.find(token)).toBeUndefined();
    here.keep(GATEWAY_HOST, [setCookie]);
    expect(await whoIs(here)).toEqual({ outcome: 'notPresented' });
    expect((await whoIs(there)).outcome).toBe('identified');
  });

  test('of a browser without a session clears the cookie all the same', async () => {
    for (const header of [undefined, 'a=b', `${SESSION_COOKIE}=unknown`])
      expect((await logout(header, logoutPorts())).setCookie).toContain('Max-Age=0');
  });
});
