import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { Passport } from 'passport';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import { LOGIN_COOKIE, OidcStrategy, SESSION_COOKIE, type FinishedLogin } from '#login';
import { CALLBACK, GATEWAY_HOST, startLoginWorld, type LoginWorld } from '../support/identity-provider-login-world.ts';

let world: LoginWorld;
let server: Server;

beforeAll(async () => {
  world = await startLoginWorld();
  const passport = new Passport();
  passport.use(new OidcStrategy(world.ports));
  const app = express();
  app.get('/-/auth/{*step}', (incoming, outgoing, next) => {
    const done = (error: unknown, user?: unknown, challenge?: unknown): void => {
      if (error) return void next(error);
      const finished = (user || challenge) as FinishedLogin;
      outgoing.append('Set-Cookie', [...finished.setCookies]);
      outgoing.status(finished.ok ? 200 : 401).json({ ok: finished.ok, user: user !== false });
    };
    (passport.authenticate('oidc', { session: false }, done) as express.RequestHandler)(incoming, outgoing, next);
  });
  app.use(((error, _incoming, outgoing, _next) => {
    outgoing.status(error instanceof GatehouseError ? 404 : 500).json({ code: (error as { code?: string }).code });
  }) satisfies ErrorRequestHandler);
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, GATEWAY_HOST, resolve));
});
afterAll(async () => {
  server?.close();
  await world?.stop();
});

/** A GET with exactly these headers: `fetch` would not let a test set Host. */
async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ message: IncomingMessage; body: string }> {
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve, reject) => {
    const sent = request({ host: GATEWAY_HOST, port, path, headers }, (message) => {
      let body = '';
      message.on('data', (chunk) => (body += String(chunk)));
      message.on('end', () => resolve({ message, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the passport strategy', () => {
  test('refuses a callback that belongs to no login, and makes nobody of it', async () => {
    const before = world.created();
    for (const path of [
      '/-/auth/callback',
      '/-/auth/callback?code=x&state=y',
      '/-/auth/callback?error=access_denied',
      '/-/auth/callback?%zz',
    ]) {
      const { message, body } = await get(path);
      expect(message.statusCode).toBe(401);
      expect(JSON.parse(body)).toEqual({ ok: false, user: false });
    }
    expect(world.created()).toBe(before);
  });

  test('hands an unknown issuer on as an error with its code', async () => {
    const { message, body } = await get('/-/auth/login?issuer=nobody');
    expect([message.statusCode, JSON.parse(body)]).toEqual([404, { code: 'notFound' }]);
  });

  test('sends the browser to the provider with state, nonce and the configured callback, whatever Host says', async () => {
    const { message } = await get('/-/auth/login?issuer=demo&returnTo=/-/', {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    });
    expect(message.statusCode).toBe(302);
    const location = new URL(message.headers.location ?? '');
    expect(location.origin).toBe(world.provider.issuerUrl);
    expect(location.href).not.toContain('evil');
    expect(location.searchParams.get('redirect_uri')).toBe(CALLBACK);
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(location.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    expect(message.headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^${LOGIN_COOKIE}=.*; SameSite=Lax`)),
    ]);
  });

  test('logs in from end to end', async () => {
    const browser = world.browser();
    const begun = await get('/-/auth/login?issuer=demo&returnTo=/-/');
    browser.keep(GATEWAY_HOST, begun.message.headers['set-cookie'] ?? []);
    const callback = new URL(await browser.logIn(begun.message.headers.location ?? '', 'alice'));
    const cookie = browser.cookieHeader(GATEWAY_HOST, { fromAnotherSite: true }) ?? '';
    const { message, body } = await get(callback.pathname + callback.search, { cookie });
    expect([message.statusCode, JSON.parse(body)]).toEqual([200, { ok: true, user: true }]);
    expect(message.headers['set-cookie']).toContainEqual(expect.stringContaining(`${SESSION_COOKIE}=`));
  });
});
