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

    test('end by token and by id', async () => {
      const [one, two] = [newSession(), newSession()];
      const [first, second] = [await suite.store.sessions.create(one), await suite.store.sessions.create(two)];
      await suite.store.sessions.delete(first);
      expect(await suite.store.sessions.find(first)).toBeUndefined();
      expect(await suite.store.sessions.find(second)).toEqual(two);
      await suite.store.sessions.delete(two.id);
      expect(await suite.store.sessions.find(second)).toBeUndefined();
    });

    test('are not ended by a filter that names nothing, or another person', async () => {
      const token = await suite.store.sessions.create(newSession());
      await expect(suite.store.sessions.end({})).rejects.toMatchObject({ code: 'invalid' });
      expect(await suite.store.sessions.end({ issuerUrl: 'https://other.example', subject: 'alice' })).toEqual([]);
      expect(await suite.store.sessions.find(token)).toBeDefined();
    });

    test('of a person are listed, newest first, and ended together, and every process is told', async () => {
      const other = await suite.open();
      let told = 0;
      other.objects.onChange(() => void told++);
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
      await suite.store.sessions.touch(session.id, 2_000);
      await suite.store.sessions.touch(session.id, 1_500);
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
