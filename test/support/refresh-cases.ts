import { expect } from 'vitest';
import { until } from './ask-gateway.ts';
import { logInTo } from './log-in-to.ts';
import { runSql } from './run-sql.ts';
import { PODS, REFRESH_SECONDS } from './session-world.ts';
import type { RefreshSuite } from './use-refreshing-world.ts';

/** The interval, how late streams may find out, and a busy machine. */
const GONE_WITHIN_MS = REFRESH_SECONDS * 1000 + 5_000;
interface Made {
  readonly token: string;
}
const pass = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The provider, which can be asked again, says that alice has lost her groups. */
const untilForbidden = (suite: RefreshSuite, cookie: string) =>
  until(async () => (await suite.statuses(cookie)).every((status) => status === 403), GONE_WITHIN_MS, 'obeyed again');

async function expectGroupsBack(suite: RefreshSuite, cookie: string): Promise<void> {
  suite.provider.setGroups('alice', ['team-a-admins']);
  await pass(REFRESH_SECONDS);
  expect(await suite.statuses(cookie)).toEqual(suite.everywhere(200));
}

export interface RefreshCase {
  /** Of a session whose provider gives refresh tokens. */
  readonly name: string;
  /** It asks of each database what the other does not show; the others run on SQLite in the long form only. */
  readonly onEach: boolean;
  run(suite: RefreshSuite): Promise<void>;
}

export const REFRESH_CASES: readonly RefreshCase[] = [
  {
    name: 'ends when the account is gone at the provider, and its open watches with it, on the record',
    onEach: true,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'dave');
      suite.provider.setGroups('dave', ['team-a-admins']);
      const { cookie: again } = await logInTo(suite.gateway, suite.provider, 'dave');
      expect(await suite.statuses(cookie)).toEqual(suite.everywhere(403));
      const watch = await suite.gateway.openWatch(again);
      suite.provider.removePerson('dave');
      const removedAtMs = Date.now();
      expect((await watch.ended) - removedAtMs).toBeLessThan(GONE_WITHIN_MS);
      expect(await suite.statuses(again)).toEqual(suite.everywhere(401));
      await pass(0.5);
      const rows = await runSql(
        suite.world.database,
        "SELECT username, reason FROM audit_events WHERE resource = 'sessions' AND verb = 'delete' AND username = 'demo:dave'",
      );
      expect(rows).toContainEqual({
        username: 'demo:dave',
        reason: 'the login provider refused to go on (invalid_grant)',
      });
    },
  },
  {
    name: 'ends when its refresh token is gone: its claims could only grow older',
    onEach: false,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'alice');
      await runSql(suite.world.database, 'UPDATE sessions SET tokens = NULL');
      expect(await suite.statuses(cookie)).toEqual(suite.everywhere(200));
      await pass(REFRESH_SECONDS);
      expect(await suite.statuses(cookie)).toEqual(suite.everywhere(401));
    },
  },
  {
    name: 'loses groups that are taken away, for requests and for a watch that only waits',
    onEach: false,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'alice');
      expect(await suite.statuses(cookie)).toEqual(suite.everywhere(200));
      const body = JSON.stringify({ name: 'script', expiresInSeconds: 600 });
      const made = await suite.gateway.asPage(cookie, '/-/me/tokens', { method: 'POST', body });
      const bearer = { headers: { authorization: `Bearer ${(JSON.parse(made.body.toString()) as Made).token}` } };
      expect((await suite.gateway.asAnybody(PODS, bearer)).status).toBe(200);
      const watches = await Promise.all(suite.world.gateways.map((gateway) => gateway.openWatch(cookie)));
      suite.provider.setGroups('alice', ['team-a-viewers']);
      const takenAtMs = Date.now();
      for (const { ended } of watches) {
        const tookMs = (await ended) - takenAtMs;
        console.log(`groups taken away: a watch ended after ${tookMs} ms, interval ${REFRESH_SECONDS * 1000} ms`);
        expect(tookMs).toBeLessThan(GONE_WITHIN_MS);
      }
      expect(await suite.statuses(cookie)).toEqual(suite.everywhere(403));
      // A token acts by what its owner is now.
      expect((await suite.gateway.asAnybody(PODS, bearer)).status).toBe(403);
      await expectGroupsBack(suite, cookie);
    },
  },
  {
    name: 'is refreshed once, however many workers and gateways find out together, and each refresh token counts once',
    onEach: true,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'alice');
      for (let round = 0; round < 3; round++) {
        await pass(REFRESH_SECONDS);
        const before = suite.provider.tokenRequests();
        // Connections of their own, so that every worker gets some.
        const burst = await Promise.all(Array.from({ length: 12 }, () => suite.statuses(cookie)));
        expect(burst.flat().every((status) => status === 200)).toBe(true);
        expect(suite.provider.tokenRequests() - before).toBe(1);
      }
    },
  },
  {
    name: 'keeps a refresh token that was given beside an ID token that could not be verified: the former one is spent',
    onEach: false,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'alice');
      await suite.provider.rotateKey({ keepFormer: true });
      suite.provider.setOutage('/jwks');
      try {
        await pass(REFRESH_SECONDS);
        expect(await suite.statuses(cookie)).toEqual(suite.everywhere(200));
        suite.provider.setGroups('alice', []);
      } finally {
        suite.provider.setOutage(false);
      }
      await untilForbidden(suite, cookie);
      await expectGroupsBack(suite, cookie);
    },
  },
  {
    name: 'goes on while the provider cannot be asked, and obeys it again when it can',
    onEach: false,
    async run(suite) {
      const { cookie } = await logInTo(suite.gateway, suite.provider, 'alice');
      suite.provider.setOutage(true);
      try {
        await pass(REFRESH_SECONDS);
        for (let round = 0; round < 3; round++) expect(await suite.statuses(cookie)).toEqual(suite.everywhere(200));
        suite.provider.setGroups('alice', []);
      } finally {
        suite.provider.setOutage(false);
      }
      await untilForbidden(suite, cookie);
      suite.provider.setGroups('alice', ['team-a-admins']);
      const logs = suite.world.gateways.map((gateway) => gateway.readLog()).join('');
      expect(logs).toContain('a session is not refreshed; it goes on');
    },
  },
];
