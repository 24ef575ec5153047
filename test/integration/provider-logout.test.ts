/** Logging out at the provider: led there by the gateway (RP-initiated), or told by the provider (back-channel). */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { createSigningKey, signIdToken, type IdTokenOptions } from '../support/identity-provider-tokens.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { logInTo, type LoggedInBrowser } from '../support/log-in-to.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import {
  issuerSpecOf,
  PODS,
  startSessionWorld,
  type GatewayOfWorld,
  type SessionWorld,
} from '../support/session-world.ts';

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };
const PATH = '/-/auth/backchannel-logout';
/** Promised is a second; asserted at five times that, and the real value printed. */
const CUT_WITHIN_MS = 5_000;

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres?.stop());

describe.each(['SQLite', 'PostgreSQL'] as const)('a logout at the provider on %s', (engine) => {
  let world: SessionWorld;
  let provider: IdentityProvider;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  beforeAll(async () => {
    const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'gateway', alg: 'ES256', use: 'sig' };
    world = await startSessionWorld(
      async ({ urls, caFile }) => {
        provider = await startIdentityProvider({
          redirectUris: urls.map((url) => `${url}/-/auth/callback`),
          postLogoutRedirectUris: urls.map((url) => `${url}/-/`),
          idTokenSeconds: 60,
          client: {
            publicKey: jwk,
            claimsInUserinfoOnly: true,
            backchannelLogout: { uri: `${urls[0]}${PATH}`, ca: () => readFileSync(caFile, 'utf8') },
          },
        });
        const clientKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
        return { spec: issuerSpec(provider, clientKey), stop: () => provider.stop() };
      },
      engine === 'PostgreSQL' ? postgres : undefined,
    );
  });
  afterAll(() => world?.stop());

  const first = (): GatewayOfWorld => world.gateways[0] as GatewayOfWorld;
  const last = (): GatewayOfWorld => world.gateways.at(-1) as GatewayOfWorld;
  const logIn = (person = 'alice'): Promise<LoggedInBrowser> => logInTo(first(), provider, person);
  const statuses = async ({ cookie }: LoggedInBrowser): Promise<number[]> =>
    await Promise.all(world.gateways.map(async (gateway) => (await gateway.asPage(cookie, PODS)).status));
  const everywhere = (status: number): number[] => world.gateways.map(() => status);
  const post = async (body: string, type = 'application/x-www-form-urlencoded') =>
    await first().asAnybody(PATH, { method: 'POST', body, headers: { 'content-type': type } });
  const send = async (token: string) => await post(new URLSearchParams({ logout_token: token }).toString());
  const sidOf = async ({ cookie }: LoggedInBrowser): Promise<string> => {
    const listed = JSON.parse((await first().asPage(cookie, '/-/me/sessions')).body.toString()) as {
      items: { id: string; current: boolean }[];
    };
    const { id } = listed.items.find(({ current }) => current) as { id: string };
    const [row] = await runSql(world.database, `SELECT provider_session_id AS sid FROM sessions WHERE id = '${id}'`);
    return (row as { sid: string }).sid;
  };
  /** A logout token as the provider would sign it, with some of it changed. */
  const logoutToken = (claims: Record<string, unknown> = {}, more: IdTokenOptions = {}): Promise<string> =>
    signIdToken(provider, 'alice', {
      expiresInSeconds: 120,
      ...more,
      header: { typ: 'logout+jwt', ...more.header },
      claims: {
        preferred_username: undefined,
        groups: undefined,
        email: undefined,
        jti: randomUUID(),
        events: EVENTS,
        ...claims,
      },
    });

  const nowSeconds = (): number => Math.floor(Date.now() / 1000);
  test.each<[string, () => Promise<string>]>([
    ['that is no JWT', async () => 'nonsense'],
    ['with a nonce', () => logoutToken({ nonce: 'n' })],
    ['without the event', () => logoutToken({ events: {} })],
    ['with the event as text', () => logoutToken({ events: { [Object.keys(EVENTS)[0] as string]: 'x' } })],
    ['without events, as an ID token is', () => logoutToken({ events: undefined })],
    ['without jti', () => logoutToken({ jti: undefined })],
    ['without iat', () => logoutToken({ iat: undefined })],
    ['without exp', () => logoutToken({ exp: undefined })],
    ['that has expired', () => logoutToken({ exp: nowSeconds() - 60, iat: nowSeconds() - 120 })],
    ['that is old, whatever its exp', () => logoutToken({ iat: nowSeconds() - 3600, exp: nowSeconds() + 3600 })],
    ['of the future', () => logoutToken({ iat: nowSeconds() + 600 })],
    ['without sub and sid', () => logoutToken({ sub: undefined })],
    ['with a sid that is no text', () => logoutToken({ sid: 7 })],
    ['for another client', () => logoutToken({}, { audience: 'another' })],
    ['of another issuer', () => logoutToken({}, { issuer: 'https://evil.example' })],
    ['of another type', () => logoutToken({}, { header: { typ: 'at+jwt' } })],
    [
      'signed with an unknown key',
      async () => {
        const signingKey = { ...(await createSigningKey()), kid: provider.signingKey.kid as string };
        return await signIdToken({ ...provider, signingKey }, 'alice', {
          claims: { jti: randomUUID(), events: EVENTS },
        });
      },
    ],
    [
      'with alg none',
      async () => {
        const [, claims] = (await logoutToken()).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.AA`;
      },
    ],
    ['of a megabyte', async () => 'a'.repeat(60_000)],
  ])('is not believed by a token %s', async (_what, make) => {
    const alice = await logIn();
    const answer = await send(await make());
    expect(answer.status).toBe(400);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ error: 'invalid_request' });
    expect(await statuses(alice)).toEqual(everywhere(200));
  });

  test('is told by one form with one token only', async () => {
    const token = await logoutToken();
    expect((await post('')).status).toBe(400);
    expect((await post(`logout_token=${token}&logout_token=${token}`)).status).toBe(400);
    expect((await post(JSON.stringify({ logout_token: 7 }), 'application/json')).status).toBe(400);
    expect((await first().asAnybody(`${PATH}?logout_token=${token}`)).status).toBe(404);
  });

  test('ends the session of that sid and no other, once, and cuts its watches on every gateway', async () => {
    const [one, other] = [await logIn(), await logIn()];
    const [sid, otherSid] = [await sidOf(one), await sidOf(other)];
    expect(sid).not.toBe(otherSid);
    const watch = await last().openWatch(one.cookie);
    const token = await logoutToken({ sid, sub: undefined });
    const startedAtMs = Date.now();
    const answer = await send(token);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    const cutMs = (await watch.ended) - startedAtMs;
    console.log(`back-channel logout: the far socket saw the end after ${cutMs} ms`);
    expect(cutMs).toBeLessThan(CUT_WITHIN_MS);
    expect(await statuses(one)).toEqual(everywhere(401));
    expect(await statuses(other)).toEqual(everywhere(200));
    expect((await send(token)).status).toBe(400);
    // Somebody else's name beside the sid: a second condition, not another way in.
    expect((await send(await logoutToken({ sid: otherSid, sub: 'bob' }))).status).toBe(200);
    expect(await statuses(other)).toEqual(everywhere(200));
  });

  test('ends all sessions of that sub', async () => {
    const [one, other, carol] = [await logIn(), await logIn(), await logIn('carol')];
    expect((await send(await logoutToken())).status).toBe(200);
    expect(await statuses(one)).toEqual(everywhere(401));
    expect(await statuses(other)).toEqual(everywhere(401));
    expect((await first().asPage(carol.cookie, '/-/me')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const rows = await runSql(
      world.database,
      "SELECT username, reason FROM audit_events WHERE verb = 'logout' AND subject = 'alice' ORDER BY received_at_ms DESC LIMIT 1",
    );
    expect(rows).toMatchObject([
      { username: 'demo:alice', reason: expect.stringContaining('the login provider logged out') as string },
    ]);
  });

  test('begun here leads to the provider and back to the front page', async () => {
    const alice = await logIn();
    const answer = await first().asPage(alice.cookie, '/-/auth/logout', { method: 'POST', body: '{}' });
    expect(answer.status).toBe(204);
    const there = new URL(answer.headers.location ?? '');
    expect(there.origin).toBe(provider.issuerUrl);
    expect(there.searchParams.get('post_logout_redirect_uri')).toBe(`${first().url}/-/`);
    expect(there.searchParams.get('id_token_hint')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const page = await alice.browser.open(there.href);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] as string;
    const action = /action="([^"]+)"/.exec(page.body)?.[1] as string;
    const left = await alice.browser.open(action, { xsrf, logout: 'yes' });
    expect(left.location).toBe(`${first().url}/-/`);
    expect(await statuses(alice)).toEqual(everywhere(401));
  });

  test('begun at the provider reaches the gateway by its own logout token', async () => {
    const alice = await logIn();
    const watch = await last().openWatch(alice.cookie);
    const page = await alice.browser.open(`${provider.issuerUrl}/session/end`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] as string;
    const action = /action="([^"]+)"/.exec(page.body)?.[1] as string;
    const startedAtMs = Date.now();
    await alice.browser.open(action, { xsrf, logout: 'yes' });
    const cutMs = (await watch.ended) - startedAtMs;
    console.log(`oidc-provider's own back-channel logout: cut after ${cutMs} ms`);
    expect(cutMs).toBeLessThan(CUT_WITHIN_MS);
    expect(await statuses(alice)).toEqual(everywhere(401));
  });
});

/** A client with a key instead of a secret, and groups from the userinfo endpoint. */
const issuerSpec = (provider: IdentityProvider, clientKey: string): object =>
  issuerSpecOf(provider, {
    clientKey,
    clientKeyID: 'gateway',
    claimsFromUserinfo: true,
    scopes: ['openid', 'profile', 'groups'],
  });
