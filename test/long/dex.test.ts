import { expect, test } from 'vitest';
import { useDex } from '../dex/use-dex.ts';
import { REFRESH_SECONDS } from '../support/session-world.ts';

/** Refreshed at the latest so long after it is due, and cut within a second; asserted at some times that. */
const ENDS_WITHIN_MS = REFRESH_SECONDS * 1000 + 8_000;

const suite = useDex();

test('refresh tokens rotate under an open watch; one that Dex does not know any more ends the session', async () => {
  const alice = await suite.logIn('alice');
  const watch = await suite.gateway.openWatch(alice.cookie);
  let ended = false;
  void watch.ended.then(() => (ended = true));
  await new Promise((resolve) => setTimeout(resolve, REFRESH_SECONDS * 3_000));
  expect([ended, await suite.statusOf(alice)]).toEqual([false, 200]);
  // Dex answers `invalid_request`, not `invalid_grant`; and signs with new keys.
  const restartedAtMs = Date.now();
  await suite.dex.restart();
  const endedMs = (await watch.ended) - restartedAtMs;
  console.log(
    `Dex forgot its refresh tokens: the watch ended after ${endedMs} ms, interval ${REFRESH_SECONDS * 1000} ms`,
  );
  expect(endedMs).toBeLessThan(ENDS_WITHIN_MS);
  expect(await suite.statusOf(alice)).toBe(401);
  await alice.context.close();
  const again = await suite.logIn('alice');
  expect(await suite.statusOf(again)).toBe(200);
  await again.context.close();
});
