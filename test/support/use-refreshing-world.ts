import { afterAll, beforeAll } from 'vitest';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import type { TestPostgres } from './postgres.ts';
import { issuerSpecOf, PODS, startSessionWorld, type GatewayOfWorld, type SessionWorld } from './session-world.ts';

/** Gateways whose provider gives refresh tokens, for the tests of one `describe`. */
export interface RefreshSuite {
  readonly world: SessionWorld;
  readonly provider: IdentityProvider;
  /** The first of them. */
  readonly gateway: GatewayOfWorld;
  /** What each gateway answers to a list of pods. */
  statuses(cookie: string): Promise<number[]>;
  /** The same status from each. */
  everywhere(status: number): number[];
}

/** @param postgres absent: SQLite, and one gateway. */
export function useRefreshingWorld(postgres: () => TestPostgres | undefined): RefreshSuite {
  let world: SessionWorld;
  let provider: IdentityProvider;
  beforeAll(async () => {
    world = await startSessionWorld(async ({ urls }) => {
      provider = await startIdentityProvider({
        redirectUris: urls.map((url) => `${url}/-/auth/callback`),
        idTokenSeconds: 60,
        client: { refreshTokens: true },
      });
      return { spec: refreshingIssuerSpec(provider), stop: () => provider.stop() };
    }, postgres());
  });
  afterAll(() => world?.stop());
  return {
    get world() {
      return world;
    },
    get provider() {
      return provider;
    },
    get gateway() {
      return world.gateways[0] as GatewayOfWorld;
    },
    statuses: async (cookie) =>
      await Promise.all(world.gateways.map(async (gateway) => (await gateway.asPage(cookie, PODS)).status)),
    everywhere: (status) => world.gateways.map(() => status),
  };
}

/** An Issuer that asks for refresh tokens. */
export const refreshingIssuerSpec = (provider: IdentityProvider): object =>
  issuerSpecOf(provider, {
    clientSecret: provider.clientSecret,
    scopes: ['openid', 'profile', 'groups', 'offline_access'],
  });
