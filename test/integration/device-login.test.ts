/** Programs that log in as a person: RFC 8628 and RFC 6749 with PKCE, at the built gateway with two workers. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSql } from '../support/run-sql.ts';
import { ask } from '../support/small-client.ts';
import { logIn } from '../support/small-session.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const PODS = '/api/v1/namespaces/team-a/pods';
let world: SmallWorld;
let alice: Record<string, string>;
let bob: Record<string, string>;
beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '2',
    GATEHOUSE_ACCESS_TOKENS_LOGIN_LIFETIME_SECONDS: '1800',
    GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1',
  });
  alice = await logIn(world, 'alice');
  bob = await logIn(world, 'bob');
});
afterAll(() => world?.stop());

type Json = Record<string, unknown>;
async function form(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await ask(world, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '192.0.2.7', ...headers },
    body: String(new URLSearchParams(fields)),
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.body) as Json };
}
async function post(path: string, headers: Record<string, string>, body: object, type = 'application/json') {
  const answer = await ask(world, path, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (answer.body === '' ? {} : JSON.parse(answer.body)) as Json };
}
async function begin(): Promise<{ device_code: string; user_code: string }> {
  const begun = await form('/-/auth/device', { client_id: 'gatehouse-cli', client_name: 'alice@laptop' });
  expect(begun.status).toBe(200);
  return begun.body as { device_code: string; user_code: string };
}
const poll = (deviceCode: string, more: Record<string, string> = {}) =>
  form('/-/auth/token', { grant_type: DEVICE, client_id: 'gatehouse-cli', device_code: deviceCode, ...more });

describe('a device login', () => {
  test.each([
    ['no client', {}],
    ['markup for a client', { client_id: '<b>' }],
    ['a name with a line break', { client_id: 'x', client_name: 'a\nb' }],
  ])('does not begin with %s', async (_what, fields) => {
    expect(await form('/-/auth/device', fields)).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
  });

  test('says what RFC 8628 wants, and gives no address that holds the code', async () => {
    const { headers, body } = await form('/-/auth/device', { client_id: 'gatehouse-cli' });
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: `https://127.0.0.1:${world.port}/-/device`,
      expires_in: 600,
      interval: 3,
    });
  });

  test.each([
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no code', { device_code: '' }, 'invalid_request'],
    ['an unknown code', { device_code: 'x'.repeat(43) }, 'invalid_grant'],
    ['the code of another client', { client_id: 'other' }, 'invalid_grant'],
  ])('is refused at the token endpoint with %s', async (_what, changes, error) => {
    const { device_code } = await begin();
    expect(await poll(device_code, changes as Record<string, string>)).toMatchObject({ status: 400, body: { error } });
  });

  test('waits, slows down who asks too often, and is refused by the person', async () => {
    const { device_code, user_code } = await begin();
    expect((await poll(device_code)).body.error).toBe('authorization_pending');
    expect((await poll(device_code)).body.error).toBe('slow_down');
    expect((await post('/-/me/device-logins/deny', alice, { userCode: user_code })).status).toBe(204);
    expect((await poll(device_code)).body.error).toBe('access_denied');
    expect((await post('/-/me/device-logins/approve', alice, { userCode: user_code })).status).toBe(404);
    expect((await poll(device_code)).body.error).toBe('access_denied');
  });

  test('tells a code that is too old, typed or polled', async () => {
    const { device_code, user_code } = await begin();
    await runSql(
      { sqlitePath: world.sqlitePath },
      `UPDATE login_grants SET expires_at_ms = ${Date.now()} WHERE state = 'pending'`,
    );
    expect((await post('/-/me/device-logins/approve', alice, { userCode: user_code })).status).toBe(404);
    expect((await poll(device_code)).body.error).toBe('expired_token');
  });

  test('is approved only in a session, from a page of the gateway, with JSON', async () => {
    const { device_code, user_code } = await begin();
    const body = { userCode: user_code };
    const approve = '/-/me/device-logins/approve';
    const idToken = await world.tokenOf('alice');
    const made = await post('/-/me/tokens', alice, { name: 'x', expiresInSeconds: 600 });
    const { cookie } = alice as { cookie: string };
    expect((await post(approve, {}, body)).status).toBe(401);
    expect((await post(approve, { cookie }, body)).status).toBe(401);
    expect((await post(approve, { cookie, 'sec-fetch-site': 'cross-site' }, body)).status).toBe(401);
    expect((await post(approve, { cookie, 'sec-fetch-site': 'same-site' }, body)).status).toBe(401);
    expect(
      (await post(approve, { cookie, 'sec-fetch-site': 'same-origin', origin: 'https://x.example' }, body)).status,
    ).toBe(401);
    expect((await post(approve, alice, body, 'text/plain')).status).toBe(415);
    expect((await post(approve, alice, body, 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await post(approve, { authorization: `Bearer ${idToken}` }, body)).status).toBe(403);
    expect((await post(approve, { authorization: `Bearer ${String(made.body.token)}` }, body)).status).toBe(403);
    for (const path of [approve, `/-/device?user_code=${user_code}`])
      await ask(world, path, { headers: { ...alice, accept: 'text/html' } });
    expect((await poll(device_code)).body.error).toBe('authorization_pending');
  });

  test('shows who asks from where, and gives one token, once, that is marked, audited and revoked by its holder', async () => {
    const { device_code, user_code } = await begin();
    const found = await post('/-/me/device-logins/find', alice, { userCode: user_code.toLowerCase() });
    expect(found).toMatchObject({
      status: 200,
      body: {
        clientId: 'gatehouse-cli',
        clientName: 'alice@laptop',
        sourceAddress: '192.0.2.7',
        yourAddress: '127.0.0.1',
        tokenExpiresAt: expect.stringMatching(/^20\d\d-/),
      },
    });
    expect((await post('/-/me/device-logins/approve', alice, { userCode: user_code })).status).toBe(204);
    // At the same moment, at either worker.
    const polls = await Promise.all([poll(device_code), poll(device_code), poll(device_code)]);
    const given = polls.filter(({ status }) => status === 200);
    expect(given).toHaveLength(1);
    const token = String(given[0]?.body.access_token);
    expect(given[0]?.body).toEqual({
      access_token: expect.stringMatching(/^gth_[0-9A-Za-z]{33}$/),
      token_type: 'Bearer',
      expires_in: 1800,
      expires_at: expect.stringMatching(/^20\d\d-.*Z$/),
    });
    expect((await ask(world, PODS, { token })).status).toBe(200);
    expect((await ask(world, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/users', { token })).status).toBe(403);
    expect(
      (await post('/-/me/tokens', { authorization: `Bearer ${token}` }, { name: 'x', expiresInSeconds: 60 })).status,
    ).toBe(403);
    expect(JSON.parse((await ask(world, '/-/me', { token })).body)).toMatchObject({
      username: 'demo:alice',
      credential: 'token',
    });
    const listed = JSON.parse((await ask(world, '/-/me/tokens', { headers: alice })).body) as { items: Json[] };
    expect(listed.items.at(-1)).toMatchObject({ name: 'alice@laptop (192.0.2.7)', origin: 'deviceLogin' });

    const database = JSON.stringify(await runSql({ sqlitePath: world.sqlitePath }, 'SELECT * FROM login_grants'));
    for (const secret of [device_code, user_code, user_code.replace('-', ''), token])
      expect(database).not.toContain(secret);

    expect((await form('/-/auth/revoke', { token })).status).toBe(200);
    expect((await ask(world, PODS, { token })).status).toBe(401);
    expect((await form('/-/auth/revoke', { token })).status).toBe(200);
    const rows = await world.auditRows(
      `verb IN ('approve', 'login', 'logout') AND resource IN ('devicelogins', 'accesstokens') AND decision = 'allow'`,
    );
    expect(rows.map(({ verb, username }) => [verb, username])).toEqual([
      ['approve', 'demo:alice'],
      ['login', 'demo:alice'],
      ['logout', 'demo:alice'],
    ]);
    expect(rows[1]?.reason).toContain('deviceLogin of gatehouse-cli "alice@laptop", asked for from 192.0.2.7');
  });

  test('lets a person try some codes a minute, not more, and records the guesses', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 25; guess++)
      statuses.push((await post('/-/me/device-logins/find', bob, { userCode: 'BBBB-BBBB' })).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 404));
    expect(statuses.slice(20)).toContain(429);
    const rows = await world.auditRows(`username = 'demo:bob' AND resource = 'devicelogins'`);
    expect(rows).toHaveLength(25);
    const { user_code } = await begin();
    expect((await post('/-/me/device-logins/find', alice, { userCode: user_code })).status).toBe(200);
  });
});

describe('a browser login', () => {
  const redirectUri = 'http://127.0.0.1:51000/callback';
  const verifier = randomBytes(32).toString('base64url');
  const request = {
    client_id: 'gatehouse-cli',
    response_type: 'code',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'of-the-program',
  };
  const redeem = (code: string, more: Record<string, string> = {}) =>
    form('/-/auth/token', {
      grant_type: 'authorization_code',
      client_id: 'gatehouse-cli',
      redirect_uri: redirectUri,
      code_verifier: verifier,
      code,
      ...more,
    });
  async function approve(): Promise<URLSearchParams> {
    const { status, body } = await post('/-/me/code-logins/approve', alice, request);
    expect(status).toBe(200);
    expect(String(body.redirectTo)).toMatch(/^http:\/\/127\.0\.0\.1:51000\/callback\?/);
    return new URL(String(body.redirectTo)).searchParams;
  }

  test('is not approved for another address, or without a session', async () => {
    const elsewhere = { ...request, redirect_uri: 'https://evil.example/' };
    expect((await post('/-/me/code-logins/approve', alice, elsewhere)).status).toBe(422);
    const authorization = `Bearer ${await world.tokenOf('alice')}`;
    expect((await post('/-/me/code-logins/approve', { authorization }, request)).status).toBe(403);
    const rows = await world.auditRows(`resource = 'browserlogins'`);
    expect(rows.map(({ decision, username, status_code }) => [decision, username, status_code])).toEqual([
      ['refused', 'demo:alice', 422],
      ['refused', 'demo:alice', 403],
    ]);
  });

  test.each([
    ['another verifier', { code_verifier: randomBytes(32).toString('base64url') }],
    ['no verifier', { code_verifier: '' }],
    ['another address', { redirect_uri: 'http://127.0.0.1:51001/callback' }],
  ])('gives nothing for %s, and its code is used up', async (_what, changes) => {
    const code = (await approve()).get('code') ?? '';
    expect((await redeem(code, changes)).body.error).toBe('invalid_grant');
    expect((await redeem(code)).body.error).toBe('invalid_grant');
  });

  test('gives one token for the code and its proof', async () => {
    const sent = await approve();
    expect(sent.get('state')).toBe('of-the-program');
    expect(sent.get('iss')).toBe(`https://127.0.0.1:${world.port}`);
    const answers = await Promise.all([1, 2, 3].map(() => redeem(sent.get('code') ?? '')));
    const given = answers.filter(({ status }) => status === 200);
    expect(given).toHaveLength(1);
    expect((await ask(world, PODS, { token: String(given[0]?.body.access_token) })).status).toBe(200);
  });

  test('that is refused sends the program an error and no code', async () => {
    const { body } = await post('/-/me/code-logins/deny', alice, request);
    expect(String(body.redirectTo)).toContain('error=access_denied');
    expect(String(body.redirectTo)).not.toContain('code=');
  });
});

test('a token that is given lives no longer than any access token may', async () => {
  const small = await startSmallWorld({ GATEHOUSE_WORKERS: '1', GATEHOUSE_ACCESS_TOKENS_MAX_LIFETIME_SECONDS: '600' });
  try {
    const headers = await logIn(small, 'alice');
    const begun = await ask(small, '/-/auth/device', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'client_id=x',
    });
    const { user_code } = JSON.parse(begun.body) as { user_code: string };
    const found = await ask(small, '/-/me/device-logins/find', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ userCode: user_code }),
    });
    const { tokenExpiresAt } = JSON.parse(found.body) as { tokenExpiresAt: string };
    expect((Date.parse(tokenExpiresAt) - Date.now()) / 1000).toBeLessThanOrEqual(600);
  } finally {
    await small.stop();
  }
});

test('a body that is not JSON, or none of that type, is told so, and not what its fields would be', async () => {
  const tokens = '/-/me/tokens';
  const token = await world.tokenOf('alice');
  const send = (type: string | undefined, body: string) =>
    ask(world, tokens, { method: 'POST', token, headers: type === undefined ? {} : { 'content-type': type }, body });
  for (const type of [undefined, 'application/x-www-form-urlencoded'])
    expect(await send(type, '{"name": "ci", "expiresInSeconds": 600}')).toMatchObject({
      status: 415,
      body: expect.stringContaining('with the header Content-Type: application/json'),
    });
  expect(await send('application/json', '{"name": "ci"')).toMatchObject({
    status: 400,
    body: expect.stringContaining('the JSON in the body is malformed'),
  });
  expect(await send('application/json', '{"name": "ci", "expiresInSeconds": 600}')).toMatchObject({ status: 201 });
});
