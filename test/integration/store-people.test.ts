import { describe, expect, test } from 'vitest';
import { splitSecrets } from '#resources';
import { describeStore } from '../support/describe-store.ts';
import { clusterObject, newSession, saveCluster, withoutSecrets, tokenOf } from '../support/store-samples.ts';

describeStore('the store of people', (suite) => {
  describe('stored tokens', () => {
    test('are found by nobody else', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      const id = await suite.store.storedTokens.save(tokenOf('dave', cluster));
      expect(await suite.store.storedTokens.find('https://other.example', 'dave', 'demo')).toBeUndefined();
      expect(await suite.store.storedTokens.find('https://issuer.example', 'erin', 'demo')).toBeUndefined();
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'other')).toBeUndefined();
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toEqual({
        id,
        token: 'stored-token-of-dave-0123456789',
        user: 'system:serviceaccount:team-a:dave',
        groups: ['system:serviceaccounts'],
        savedAtMs: expect.any(Number),
        expiresAtMs: undefined,
      });
    });

    test('are refused for a cluster that changed or vanished while their owner was asked for', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.objects.update(withoutSecrets(clusterObject({ server: 'https://evil.example' })), []);
      await expect(suite.store.storedTokens.save(tokenOf('dave', cluster))).rejects.toMatchObject({ code: 'conflict' });
      await suite.store.objects.delete('Cluster', 'demo');
      await expect(suite.store.storedTokens.save(tokenOf('dave', cluster))).rejects.toMatchObject({ code: 'notFound' });
    });

    test('are suspended by a change of server or CA, also after it is changed back, until entered again', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.storedTokens.save(tokenOf('dave', cluster));
      await suite.store.objects.update(withoutSecrets(clusterObject({ server: 'https://evil.example' })), []);
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      const back = await suite.store.objects.update(withoutSecrets(clusterObject()), []);
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      expect(await suite.store.storedTokens.list({ cluster: 'demo' })).toMatchObject([
        { subject: 'dave', suspended: true },
      ]);
      await suite.store.storedTokens.save(tokenOf('dave', back));
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toMatchObject({
        user: 'system:serviceaccount:team-a:dave',
      });
    });

    test('suspendForCluster spares those that are bound to what stays', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.storedTokens.save(tokenOf('dave', cluster));
      await suite.store.storedTokens.suspendForCluster('demo', splitSecrets(cluster).binding);
      expect(await suite.store.storedTokens.list({})).toMatchObject([{ suspended: false }]);
      await suite.store.storedTokens.suspendForCluster('demo', 'another');
      expect(await suite.store.storedTokens.list({})).toMatchObject([{ suspended: true }]);
    });

    test('one for each person and cluster; listed without the token; deleted by id and with their cluster', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.storedTokens.save(tokenOf('dave', cluster));
      const second = await suite.store.storedTokens.save({
        ...tokenOf('dave', cluster),
        token: 'the-newer-token-of-dave-012345',
        expiresAtMs: 1_900_000_000_000,
      });
      await suite.store.storedTokens.save(tokenOf('erin', cluster));
      const listed = await suite.store.storedTokens.list({ subject: 'dave' });
      expect(listed).toMatchObject([
        {
          id: second,
          issuer: 'demo',
          cluster: 'demo',
          username: 'demo:dave',
          expiresAtMs: 1_900_000_000_000,
          suspended: false,
        },
      ]);
      expect(JSON.stringify(listed)).not.toContain('token-of-dave');
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toMatchObject({
        token: 'the-newer-token-of-dave-012345',
      });
      await suite.store.storedTokens.delete(second);
      await expect(suite.store.storedTokens.delete(second)).rejects.toMatchObject({ code: 'notFound' });
      expect(await suite.store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      await suite.store.objects.delete('Cluster', 'demo');
      expect(await suite.store.storedTokens.list({})).toEqual([]);
    });
  });

  describe('sessions', () => {
    test('are not found by a wrong token, by their id, or by the digest that a thief reads', async () => {
      const session = newSession();
      const token = await suite.store.sessions.create(session);
      const [row] = (await suite.database.sql('SELECT token_digest FROM sessions')) as { token_digest: string }[];
      for (const wrong of ['', 'x', session.id, row?.token_digest ?? '', `${token}=`, token.slice(1)]) {
        expect(await suite.store.sessions.find(wrong)).toBeUndefined();
      }
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(await suite.store.sessions.find(token)).toEqual(session);
    });

    test('are found many at once, each by its own token, and one that was changed keeps the others from nobody', async () => {
      const [one, two] = [newSession(), newSession({ refreshAfterMs: 7_000, providerSessionId: 'p' } as never)];
      const { sessions } = suite.store;
      const [first, second] = [await sessions.create(one), await sessions.create(two)];
      expect(await sessions.findMany([second, 'x', first, second])).toEqual([two, undefined, one, two]);
      expect(await sessions.findMany([])).toEqual([]);
      await suite.database.sql(`UPDATE sessions SET issuer = 'other', sealed = 'gh1.x.y' WHERE id = '${one.id}'`);
      await expect(sessions.findMany([first, second])).rejects.toMatchObject({ code: 'internal' });
      expect(await sessions.findMany([second])).toEqual([two]);
    });

    test('end by the token of their cookie, and never by an id in its place', async () => {
      const [one, two] = [newSession(), newSession()];
      const [first, second] = [await suite.store.sessions.create(one), await suite.store.sessions.create(two)];
      await suite.store.sessions.delete(first);
      expect(await suite.store.sessions.find(first)).toBeUndefined();
      expect(await suite.store.sessions.find(second)).toEqual(two);
      const { revision } = await suite.store.credentials.changesSince(0);
      await suite.store.sessions.delete(two.id);
      expect(await suite.store.sessions.find(second)).toEqual(two);
      // A made-up cookie costs no worker its caches.
      expect((await suite.store.credentials.changesSince(0)).revision).toBe(revision);
      expect(await suite.store.sessions.end({ id: two.id })).toEqual([two.id]);
      expect(await suite.store.sessions.find(second)).toBeUndefined();
    });

    test('are not ended by a filter that names nothing, or another person', async () => {
      const token = await suite.store.sessions.create(newSession());
      await expect(suite.store.sessions.end({})).rejects.toMatchObject({ code: 'invalid' });
      expect(await suite.store.sessions.end({ issuerUrl: 'https://other.example', subject: 'alice' })).toEqual([]);
      expect(await suite.store.sessions.find(token)).toBeDefined();
    });

    test('keep the provider’s tokens sealed, each bound to its row', async () => {
      const tokens = { idToken: 'id-token-of-alice-0123456789', refreshToken: 'refresh-token-of-alice-0123456789' };
      const [one, other] = [newSession(), newSession()];
      await suite.store.sessions.create(one, tokens);
      await suite.store.sessions.create(other, { idToken: 'another' });
      expect(await suite.store.sessions.tokensOf(one.id)).toEqual(tokens);
      expect((await suite.database.bytes()).includes('token-of-alice')).toBe(false);
      await suite.database.sql(
        `UPDATE sessions SET tokens = (SELECT tokens FROM sessions WHERE id = '${one.id}') WHERE id = '${other.id}'`,
      );
      await expect(suite.store.sessions.tokensOf(other.id)).rejects.toMatchObject({ code: 'internal' });
    });

    test('are refreshed by one at a time, who tells everybody only of what has changed', async () => {
      const { sessions, credentials } = suite.store;
      const other = await suite.open();
      const session = newSession({ refreshAfterMs: 1_000 });
      const tokens = { idToken: 'i', refreshToken: 'r1' };
      const token = await sessions.create(session, tokens);
      expect(await sessions.dueForRefresh([session.id], 999)).toEqual([]);
      expect(await sessions.leaseRefresh(session.id, 999, 5_000)).toBeUndefined();
      expect(await sessions.dueForRefresh([session.id], 1_000)).toEqual([session.id]);
      const leases = await Promise.all([
        sessions.leaseRefresh(session.id, 1_000, 5_000),
        other.sessions.leaseRefresh(session.id, 1_000, 5_001),
        sessions.leaseRefresh(session.id, 1_000, 5_002),
      ]);
      const at = leases.findIndex((lease) => lease !== undefined);
      expect(leases.filter((lease) => lease !== undefined)).toEqual([{ session, tokens }]);
      const { revision: before } = await credentials.changesSince(0);
      const refreshed = {
        claims: { sub: 'alice' },
        tokens: { idToken: 'i2', refreshToken: 'r2' },
        refreshAfterMs: 2_000,
      };
      expect(await sessions.finishRefresh(session.id, 4_999, { ...refreshed, tell: true })).toBe(false);
      expect(await sessions.finishRefresh(session.id, 5_000 + at, { ...refreshed, tell: false })).toBe(true);
      expect(await credentials.changesSince(before)).toEqual({ revision: before, affected: [] });
      expect(await sessions.find(token)).toEqual({ ...session, claims: { sub: 'alice' }, refreshAfterMs: 2_000 });
      expect(await sessions.tokensOf(session.id)).toEqual(refreshed.tokens);
      // Whoever takes a lease and vanishes keeps it until it runs out.
      expect(await sessions.leaseRefresh(session.id, 2_000, 3_000)).toBeDefined();
      expect(await other.sessions.leaseRefresh(session.id, 2_999, 9_000)).toBeUndefined();
      expect(await other.sessions.leaseRefresh(session.id, 3_000, 9_000)).toBeDefined();
      expect(await sessions.finishRefresh(session.id, 3_000, { ...refreshed, tell: true })).toBe(false);
      expect(await other.sessions.finishRefresh(session.id, 9_000, { ...refreshed, tell: true })).toBe(true);
      expect(await credentials.changesSince(before)).toMatchObject({
        revision: before + 1,
        affected: [{ issuerUrl: session.issuerUrl, subject: session.subject }],
      });
    });

    test('take a logout token once, whoever asks', async () => {
      const other = await suite.open();
      const asked = [suite.store, other, suite.store].map(({ sessions }) => sessions.claimLogoutToken('one', 2_000));
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
      await suite.store.sessions.deleteExpired(1_999);
      expect(await other.sessions.claimLogoutToken('one', 2_000)).toBe(false);
    });

    test('of a person are listed, newest first, and ended together, and every process is told', async () => {
      const other = await suite.open();
      let told = 0;
      other.credentials.onChange(() => void told++);
      const [one, two, bobs] = [
        newSession(),
        newSession({ createdAtMs: 1_700_000_000_001, sourceAddress: '192.0.2.7', userAgent: 'a browser' } as never),
        newSession({ subject: 'bob' }),
      ];
      for (const session of [one, two, bobs]) await suite.store.sessions.create(session);
      const alice = { issuerUrl: one.issuerUrl, subject: 'alice' };
      expect(await suite.store.sessions.list(alice)).toEqual(
        [two, one].map((session) => expect.objectContaining(session)),
      );
      expect(await suite.store.sessions.end({ ...alice, id: one.id })).toEqual([one.id]);
      expect(await suite.store.sessions.end(alice)).toEqual([two.id]);
      expect((await suite.store.sessions.list({})).map(({ id }) => id)).toEqual([bobs.id]);
      await expect.poll(() => told).toBeGreaterThan(0);
    });

    test('last seen only goes forward, and the expired are swept by either limit', async () => {
      const session = newSession({ createdAtMs: 1_000, lastSeenAtMs: 1_000, idleTimeoutMs: 500, expiresAtMs: 10_000 });
      const token = await suite.store.sessions.create(session);
      await suite.store.sessions.noteSessionsUsed([{ id: session.id, atMs: 2_000 }]);
      await suite.store.sessions.noteSessionsUsed([{ id: session.id, atMs: 1_500 }]);
      expect(await suite.store.sessions.find(token)).toEqual({ ...session, lastSeenAtMs: 2_000 });
      await suite.store.sessions.deleteExpired(2_499);
      expect(await suite.store.sessions.find(token)).toBeDefined();
      await suite.store.sessions.deleteExpired(2_500);
      expect(await suite.store.sessions.find(token)).toBeUndefined();
      const absolute = await suite.store.sessions.create(
        newSession({ lastSeenAtMs: 9_999, idleTimeoutMs: 500, expiresAtMs: 10_000 }),
      );
      await suite.store.sessions.deleteExpired(10_000);
      expect(await suite.store.sessions.find(absolute)).toBeUndefined();
    });
  });
});
