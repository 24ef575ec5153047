/** Credentials that nobody has cost a look-up each: they are limited by source and in total, over all workers. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccessToken, SESSION_COOKIE } from '#identity';
import { flood } from '../support/flood.ts';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask, type SmallAnswer } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const OF_SOURCE = 60;
const WORKERS = 2;
/** While a source waits, each worker looks up this many of its credentials a second all the same. */
const PLACES_A_SECOND = 64;
let world: SmallWorld;
let alice: string;

beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: String(WORKERS),
    GATEHOUSE_LIMITS_UNKNOWN_CREDENTIALS_PER_MINUTE_PER_SOURCE: String(OF_SOURCE),
    GATEHOUSE_LIMITS_UNKNOWN_CREDENTIALS_PER_MINUTE: '100000',
    GATEHOUSE_LIMITS_LOGINS_PER_MINUTE_PER_SOURCE: '0',
    GATEHOUSE_LIMITS_MAX_DEVICE_LOGINS_PER_SOURCE: '3',
    // Lets a test speak for many addresses.
    GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1',
  });
  const made = await ask(world, '/-/me/tokens', {
    method: 'POST',
    token: await world.tokenOf('alice'),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'behind the flood', expiresInSeconds: 600 }),
  });
  alice = (JSON.parse(made.body) as { token: string }).token;
});
afterAll(() => world?.stop());

const from = (source: string): string[] => [`Host: 127.0.0.1:${world.port}`, `X-Forwarded-For: ${source}`];
const KINDS: Record<string, () => string[]> = {
  'access tokens': () => [`Authorization: Bearer ${createAccessToken()}`],
  'session cookies': () => [
    'Sec-Fetch-Site: same-origin',
    `Cookie: ${SESSION_COOKIE}=${randomBytes(32).toString('base64url')}`,
  ],
};

test.each(Object.entries(KINDS))(
  'made-up %s are 429 beyond the allowance, and a good one goes on',
  async (kind, make) => {
    const source = kind === 'access tokens' ? '192.0.2.1' : '192.0.2.2';
    const headers = { 'x-forwarded-for': source };
    // Each worker sees it.
    for (let i = 0; i < 20; i++) expect((await ask(world, PODS, { token: alice, headers })).status).toBe(200);
    const startedAt = performance.now();
    const over = new AbortController();
    const good: number[] = [];
    const working = (async () => {
      while (!over.signal.aborted) {
        good.push((await ask(world, PODS, { token: alice, headers })).status);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const statuses = await flood(world, 4_000, { headersOf: () => [...from(source), ...make()] });
    const seconds = Math.ceil((performance.now() - startedAt) / 1000);
    over.abort();
    await working;
    expect(Object.keys(statuses).toSorted()).toEqual(['401', '429']);
    // The burst, what came meanwhile, and what was under way when it was used up.
    expect(statuses['401']).toBeLessThan(OF_SOURCE * 2 + seconds * (PLACES_A_SECOND * WORKERS + OF_SOURCE) + 400);
    expect(new Set(good)).toEqual(new Set([200]));
    const refused = valueOf(await readMetrics(world.metricsUrl), 'gatehouse_refused_credential_lookups_total');
    expect(refused).toBeGreaterThanOrEqual(statuses['429'] ?? 0);
    // Another address has an allowance of its own.
    expect(await flood(world, 20, { headersOf: () => [...from(`${source}0`), ...make()] })).toEqual({ 401: 20 });
  },
);

test('the words say when to try again, and a good credential that is new gets in by doing so', async () => {
  const source = '192.0.2.3';
  const headers = { 'x-forwarded-for': source };
  const made = await ask(world, '/-/me/tokens', {
    method: 'POST',
    token: await world.tokenOf('bob'),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'new', expiresInSeconds: 600 }),
  });
  const { token } = JSON.parse(made.body) as { token: string };
  const flooding = flood(world, 6_000, {
    headersOf: () => [...from(source), `Authorization: Bearer ${createAccessToken()}`],
  });
  let limited: SmallAnswer | undefined;
  for (let i = 0; i < 500 && limited?.status !== 429; i++)
    limited = await ask(world, PODS, { token: createAccessToken(), headers });
  expect(limited?.headers['retry-after']).toMatch(/^\d+$/);
  expect(limited?.body).toMatch(/too many credentials that nobody has.*try again in \d+ s/);
  await flooding;
  await expect.poll(async () => (await ask(world, PODS, { token, headers })).status, { timeout: 10_000 }).toBe(200);
});

test.each([
  [
    '/-/auth/token',
    () => `grant_type=authorization_code&client_id=x&code=${randomBytes(32).toString('base64url')}`,
    400,
  ],
  ['/-/auth/revoke', () => `token=${createAccessToken()}`, 200],
])('made-up codes and tokens at %s are limited as well', async (path, body, status) => {
  const source = path === '/-/auth/token' ? '192.0.2.4' : '192.0.2.5';
  const statuses = new Map<number, number>();
  const one = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const answer = await ask(world, path, {
        method: 'POST',
        headers: { 'x-forwarded-for': source, 'content-type': 'application/x-www-form-urlencoded' },
        body: body(),
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 10 }, one));
  expect([...statuses.keys()].toSorted()).toEqual([status, 429]);
  expect(statuses.get(429)).toBeGreaterThan(50);
});

test('logins of programs that wait are as many as one address may have, and one more is refused in words', async () => {
  const begin = (source: string) =>
    ask(world, '/-/auth/device', {
      method: 'POST',
      headers: { 'x-forwarded-for': source, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'client_id=gatehouse-cli',
    });
  const answers = await Promise.all(Array.from({ length: 6 }, () => begin('2001:db8::1')));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429, 429]);
  // The same subscriber by another address of its /64.
  const refused = await begin('2001:db8::2');
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
  expect(JSON.parse(refused.body)).toEqual({
    error: 'temporarily_unavailable',
    error_description: expect.stringContaining('from your address; try again in 10 minutes') as string,
  });
  expect((await begin('2001:db8:0:1::1')).status).toBe(200);
});
