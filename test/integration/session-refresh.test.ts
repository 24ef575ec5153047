/** Sessions whose provider gives refresh tokens: what it takes away is gone within the interval, on every gateway. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.ts';
import { logInTo } from '../support/log-in-to.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { REFRESH_CASES } from '../support/refresh-cases.ts';
import { PODS, REFRESH_SECONDS, startSessionWorld, type GatewayOfWorld } from '../support/session-world.ts';
import { refreshingIssuerSpec, useRefreshingWorld } from '../support/use-refreshing-world.ts';

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await startPostgres()));
afterAll(() => postgres?.stop());

describe('a session that is refreshed on SQLite', () => {
  const suite = useRefreshingWorld(() => undefined);
  test.each(REFRESH_CASES.filter(({ onEach }) => onEach))('$name', ({ run }) => run(suite));
});

describe('a session that is refreshed on PostgreSQL', () => {
  const suite = useRefreshingWorld(() => postgres);
  test.each(REFRESH_CASES)('$name', ({ run }) => run(suite));
});

test('a session whose provider gives no refresh token lasts as configured, and asks nobody', async () => {
  let provider!: IdentityProvider;
  const world = await startSessionWorld(async ({ urls }) => {
    provider = await startIdentityProvider({
      redirectUris: urls.map((url) => `${url}/-/auth/callback`),
      idTokenSeconds: 60,
    });
    return { spec: refreshingIssuerSpec(provider), stop: () => provider.stop() };
  });
  try {
    const [gateway] = world.gateways as [GatewayOfWorld];
    const { cookie } = await logInTo(gateway, provider, 'alice');
    const before = provider.tokenRequests();
    provider.setGroups('alice', []);
    await new Promise((resolve) => setTimeout(resolve, (REFRESH_SECONDS + 1) * 1000));
    expect((await gateway.asPage(cookie, PODS)).status).toBe(200);
    expect(provider.tokenRequests()).toBe(before);
  } finally {
    await world.stop();
  }
});
