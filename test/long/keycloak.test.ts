import { expect, test } from 'vitest';
import { useKeycloak } from '../keycloak/use-keycloak.ts';
import { REFRESH_SECONDS } from '../support/session-world.ts';

const GONE_WITHIN_MS = REFRESH_SECONDS * 1000 + 5_000;

const suite = useKeycloak();

test('a group that is taken away at Keycloak is gone within the refresh interval, and a watch with it', async () => {
  const alice = await suite.logIn('alice');
  const watch = await suite.gateway.openWatch(alice.cookie);
  await new Promise((resolve) => setTimeout(resolve, REFRESH_SECONDS * 2000));
  // Refreshed twice by now, with rotating tokens or not.
  expect(await suite.statusOf(alice)).toBe(200);
  const takenAtMs = Date.now();
  await suite.keycloak.leaveGroup('alice', 'team-a-admins');
  const goneMs = (await watch.ended) - takenAtMs;
  console.log(`Keycloak took a group away: the watch ended after ${goneMs} ms, interval ${REFRESH_SECONDS * 1000} ms`);
  expect(goneMs).toBeLessThan(GONE_WITHIN_MS);
  expect(await suite.statusOf(alice)).toBe(403);
  expect((await suite.gateway.asPage(alice.cookie, '/-/me')).body.toString()).toContain('demo:others');
  await alice.context.close();
});
