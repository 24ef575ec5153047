/** Sessions whose provider gives refresh tokens: what it takes away is gone within the interval, on every gateway. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/ask-gateway.ts';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { logInTo } from '../support/log-in-to.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import {
  issuerSpecOf,
  PODS,
  REFRESH_SECONDS,
  startSessionWorld,
  type GatewayOfWorld,
  type SessionWorld,
} from '../support/session-world.ts';

/** The interval, how late streams may find out, and a busy machine. */
const GONE_WITHIN_MS = REFRESH_SECONDS * 1000 + 5_000;
interface Made {
  readonly token: string;
}
const pass = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres?.stop());

describe.each(['SQLite', 'PostgreSQL'] as const)('a session that is refreshed on %s', (engine) => {
  let world: SessionWorld;
  let provider: IdentityProvider;
  beforeAll(async () => {
    world = await startSessionWorld(
      async ({ urls }) => {
        provider = await startIdentityProvider({
          redirectUris: urls.map((url) => `${url}/-/auth/callback`),
          idTokenSeconds: 60,
          client: { refreshTokens: true },
        });
        return { spec: issuerSpec(provider), stop: () => provider.stop() };
      },
      engine === 'PostgreSQL' ? postgres : undefined,
    );
  });
  afterAll(() => world?.stop());
  const statuses = async (cookie: string): Promise<number[]> =>
    await Promise.all(world.gateways.map(async (gateway) => (await gateway.asPage(cookie, PODS)).status));
  const everywhere = (status: number): number[] => world.gateways.map(() => status);
  const first = (): GatewayOfWorld => world.gateways[0] as GatewayOfWorld;

  test('ends when the account is gone at the provider, and its open watches with it, on the record', async () => {
    const { cookie } = await logInTo(first(), provider, 'dave');
    provider.setGroups('dave', ['team-a-admins']);
    const { cookie: again } = await logInTo(first(), provider, 'dave');
    expect(await statuses(cookie)).toEqual(everywhere(403));
    const watch = await first().openWatch(again);
    provider.removePerson('dave');
    const removedAtMs = Date.now();
    expect((await watch.ended) - removedAtMs).toBeLessThan(GONE_WITHIN_MS);
    expect(await statuses(again)).toEqual(everywhere(401));
    await pass(0.5);
    const rows = await runSql(
      world.database,
      "SELECT username, reason FROM audit_events WHERE resource = 'sessions' AND verb = 'delete' AND username = 'demo:dave'",
    );
    expect(rows).toContainEqual({
      username: 'demo:dave',
      reason: 'the login provider refused to go on (invalid_grant)',
    });
  });

  test('ends when its refresh token is gone: its claims could only grow older', async () => {
    const { cookie } = await logInTo(first(), provider, 'alice');
    await runSql(world.database, 'UPDATE sessions SET tokens = NULL');
    expect(await statuses(cookie)).toEqual(everywhere(200));
    await pass(REFRESH_SECONDS);
    expect(await statuses(cookie)).toEqual(everywhere(401));
  });

  test('loses groups that are taken away, for requests and for a watch that only waits', async () => {
    const { cookie } = await logInTo(first(), provider, 'alice');
    expect(await statuses(cookie)).toEqual(everywhere(200));
    const body = JSON.stringify({ name: 'script', expiresInSeconds: 600 });
    const made = await first().asPage(cookie, '/-/me/tokens', { method: 'POST', body });
    const bearer = { headers: { authorization: `Bearer ${(JSON.parse(made.body.toString()) as Made).token}` } };
    expect((await first().asAnybody(PODS, bearer)).status).toBe(200);
    const watches = await Promise.all(world.gateways.map((gateway) => gateway.openWatch(cookie)));
    provider.setGroups('alice', ['team-a-viewers']);
    const takenAtMs = Date.now();
    for (const { ended } of watches) {
      const tookMs = (await ended) - takenAtMs;
      console.log(`groups taken away: a watch ended after ${tookMs} ms, interval ${REFRESH_SECONDS * 1000} ms`);
      expect(tookMs).toBeLessThan(GONE_WITHIN_MS);
    }
    expect(await statuses(cookie)).toEqual(everywhere(403));
    // A token acts by what its owner is now.
    expect((await first().asAnybody(PODS, bearer)).status).toBe(403);
    provider.setGroups('alice', ['team-a-admins']);
    await pass(REFRESH_SECONDS);
    expect(await statuses(cookie)).toEqual(everywhere(200));
  });

  test('is refreshed once, however many workers and gateways find out together, and each refresh token counts once', async () => {
    const { cookie } = await logInTo(first(), provider, 'alice');
    for (let round = 0; round < 3; round++) {
      await pass(REFRESH_SECONDS);
      const before = provider.tokenRequests();
      // Connections of their own, so that every worker gets some.
      const burst = await Promise.all(Array.from({ length: 12 }, () => statuses(cookie)));
      expect(burst.flat().every((status) => status === 200)).toBe(true);
      expect(provider.tokenRequests() - before).toBe(1);
    }
  });

  test('keeps a refresh token that was given beside an ID token that could not be verified: the former one is spent', async () => {
    const { cookie } = await logInTo(first(), provider, 'alice');
    await provider.rotateKey({ keepFormer: true });
    provider.setOutage('/jwks');
    try {
      await pass(REFRESH_SECONDS);
      expect(await statuses(cookie)).toEqual(everywhere(200));
      provider.setGroups('alice', []);
    } finally {
      provider.setOutage(false);
    }
    await until(async () => (await statuses(cookie)).every((status) => status === 403), GONE_WITHIN_MS, 'obeyed again');
    provider.setGroups('alice', ['team-a-admins']);
    await pass(REFRESH_SECONDS);
    expect(await statuses(cookie)).toEqual(everywhere(200));
  });

  test('goes on while the provider cannot be asked, and obeys it again when it can', async () => {
    const { cookie } = await logInTo(first(), provider, 'alice');
    provider.setOutage(true);
    try {
      await pass(REFRESH_SECONDS);
      for (let round = 0; round < 3; round++) expect(await statuses(cookie)).toEqual(everywhere(200));
      provider.setGroups('alice', []);
    } finally {
      provider.setOutage(false);
    }
    await until(async () => (await statuses(cookie)).every((status) => status === 403), GONE_WITHIN_MS, 'obeyed again');
    provider.setGroups('alice', ['team-a-admins']);
    const logs = world.gateways.map((gateway) => gateway.readLog()).join('');
    expect(logs).toContain('a session is not refreshed; it goes on');
  });
});

test('a session whose provider gives no refresh token lasts as configured, and asks nobody', async () => {
  let provider!: IdentityProvider;
  const world = await startSessionWorld(async ({ urls }) => {
    provider = await startIdentityProvider({
      redirectUris: urls.map((url) => `${url}/-/auth/callback`),
      idTokenSeconds: 60,
    });
    return { spec: issuerSpec(provider), stop: () => provider.stop() };
  });
  try {
    const [gateway] = world.gateways as [GatewayOfWorld];
    const { cookie } = await logInTo(gateway, provider, 'alice');
    const before = provider.tokenRequests();
    provider.setGroups('alice', []);
    await pass(REFRESH_SECONDS + 1);
    expect((await gateway.asPage(cookie, PODS)).status).toBe(200);
    expect(provider.tokenRequests()).toBe(before);
  } finally {
    await world.stop();
  }
});

const issuerSpec = (provider: IdentityProvider): object =>
  issuerSpecOf(provider, {
    clientSecret: provider.clientSecret,
    scopes: ['openid', 'profile', 'groups', 'offline_access'],
  });
