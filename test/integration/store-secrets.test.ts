import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { splitSecrets, type ResourceObject } from '#resources';
import { describeStore } from '../support/describe-store.ts';
import { findSecret } from '../support/find-secret.ts';
import { clusterObject, newSession, TEST_KEY, saveCluster, withoutSecrets, tokenOf } from '../support/store-samples.ts';

describeStore('the store of secrets', (suite) => {
  describe('secrets', () => {
    const read = (cluster: ResourceObject, field = 'token', binding = splitSecrets(cluster).binding) =>
      suite.store.secrets.read('Cluster', cluster.metadata.uid ?? '', field, binding);

    test('are not given for another kind, object, field or binding', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      const { binding } = splitSecrets(cluster);
      const uid = cluster.metadata.uid ?? '';
      expect(await suite.store.secrets.read('Issuer', uid, 'token', binding)).toBeUndefined();
      expect(await suite.store.secrets.read('Cluster', randomUUID(), 'token', binding)).toBeUndefined();
      expect(await suite.store.secrets.read('Cluster', uid, 'clientKey', binding)).toBeUndefined();
      expect(
        await suite.store.secrets.read(
          'Cluster',
          uid,
          'token',
          splitSecrets(clusterObject({ server: 'https://evil.example' })).binding,
        ),
      ).toBeUndefined();
      expect(await suite.store.secrets.read('Cluster', uid, 'token', binding)).toBe('the-cluster-token-of-the-gateway');
    });

    test.each([
      ['server', { server: 'https://evil.example:6443' }],
      ['CA', { certificateAuthorityData: Buffer.from('another CA').toString('base64') }],
    ])('a changed %s without a new secret drops the old one', async (_, change) => {
      await saveCluster(suite.store, clusterObject());
      const changed = await suite.store.objects.update(withoutSecrets(clusterObject(change)), []);
      expect(await read(changed)).toBeUndefined();
      // Back again: it is gone for good, not hidden.
      const back = await suite.store.objects.update(withoutSecrets(clusterObject()), []);
      expect(await read(back)).toBeUndefined();
      expect(await suite.database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('another kind of credential drops the old one', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.objects.update(
        { ...cluster, spec: { ...(cluster.spec as object), credential: { type: 'inCluster' } } },
        [],
      );
      expect(await suite.database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('stay when something else changes', async () => {
      await saveCluster(suite.store, clusterObject());
      const changed = await suite.store.objects.update(withoutSecrets(clusterObject({ default: true })), []);
      expect(changed.metadata.generation).toBe(2);
      expect(await read(changed)).toBe('the-cluster-token-of-the-gateway');
    });

    test('a new value is a change, the same value again is none', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      const { object, secrets } = splitSecrets(clusterObject());
      expect((await suite.store.objects.update(object, secrets)).metadata).toEqual(cluster.metadata);
      const renewed = splitSecrets(clusterObject({ credential: { token: 'the-second-token-of-the-gateway' } }));
      const changed = await suite.store.objects.update(renewed.object, renewed.secrets);
      expect(changed.metadata.generation).toBe(2);
      expect(changed.metadata.resourceVersion).not.toBe(cluster.metadata.resourceVersion);
      expect(await read(changed)).toBe('the-second-token-of-the-gateway');
    });

    test('go along with a rename, as people’s stored tokens do; a name that is taken is refused', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.storedTokens.save(tokenOf('dave', cluster));
      await saveCluster(suite.store, clusterObject({}, 'taken'));
      await expect(suite.store.objects.renameCluster('demo', 'taken')).rejects.toMatchObject({ code: 'alreadyExists' });
      await expect(suite.store.objects.renameCluster('nowhere', 'x')).rejects.toMatchObject({ code: 'notFound' });
      const renamed = await suite.store.objects.renameCluster('demo', 'renamed', cluster.metadata.resourceVersion);
      expect(renamed.metadata).toMatchObject({ name: 'renamed', uid: cluster.metadata.uid, generation: 2 });
      expect(await suite.store.objects.get('Cluster', 'demo')).toBeUndefined();
      expect(await suite.store.objects.get('Cluster', 'renamed')).toEqual(renamed);
      expect(await read(renamed)).toBe('the-cluster-token-of-the-gateway');
      const { storedTokens } = suite.store;
      expect(await storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      expect(await storedTokens.find('https://issuer.example', 'dave', 'renamed')).toMatchObject({
        token: tokenOf('dave', cluster).token,
      });
    });

    test('go with their object', async () => {
      await saveCluster(suite.store, clusterObject());
      await suite.store.objects.delete('Cluster', 'demo');
      expect(await suite.database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('a conflict saves no secret', async () => {
      await saveCluster(suite.store, clusterObject());
      const renewed = splitSecrets(clusterObject({ credential: { token: 'a-token-that-is-never-accepted' } }));
      await expect(suite.store.objects.update(renewed.object, renewed.secrets, '1')).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await read((await suite.store.objects.get('Cluster', 'demo')) as ResourceObject)).toBe(
        'the-cluster-token-of-the-gateway',
      );
    });

    test('a secret in the object itself never reaches the table of objects', async () => {
      await suite.store.objects.create(clusterObject(), []);
      const { metadata, ...rest } = (await suite.store.objects.get('Cluster', 'demo')) as ResourceObject;
      expect(metadata.name).toBe('demo');
      expect(JSON.stringify(rest)).not.toContain('the-cluster-token');
    });
  });

  describe('sealed rows', () => {
    test('do not open when a bit is flipped', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      const [row] = (await suite.database.sql('SELECT sealed FROM secrets')) as { sealed: string }[];
      const [version, keyId, body] = (row?.sealed ?? '').split('.') as [string, string, string];
      const bytes = Buffer.from(body, 'base64url');
      for (const at of [0, 12, bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] as number) ^ 1;
        await suite.database.sql(`UPDATE secrets SET sealed = '${version}.${keyId}.${flipped.toString('base64url')}'`);
        await expect(
          suite.store.secrets.read('Cluster', cluster.metadata.uid ?? '', 'token', splitSecrets(cluster).binding),
        ).rejects.toMatchObject({ code: 'internal' });
      }
    });

    test('do not open in another row or with another binding', async () => {
      const one = await saveCluster(suite.store, clusterObject());
      const two = await saveCluster(suite.store, clusterObject({ server: 'https://two.example' }, 'two'));
      await suite.database.sql(
        `UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE object_uid = '${one.metadata.uid}') WHERE object_uid = '${two.metadata.uid}'`,
      );
      await expect(
        suite.store.secrets.read('Cluster', two.metadata.uid ?? '', 'token', splitSecrets(two).binding),
      ).rejects.toMatchObject({ code: 'internal' });
      const { binding } = splitSecrets(two);
      await suite.database.sql(`UPDATE secrets SET binding = '${binding}' WHERE object_uid = '${one.metadata.uid}'`);
      await expect(suite.store.secrets.read('Cluster', one.metadata.uid ?? '', 'token', binding)).rejects.toMatchObject(
        {
          code: 'internal',
        },
      );
    });

    test('a stored token says when it was last used, and an older time does not win', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      const { storedTokens } = suite.store;
      const id = await storedTokens.save({ ...tokenOf('dave', cluster), expiresAtMs: 9_000 });
      const [fresh] = await storedTokens.list({});
      expect(fresh).toMatchObject({ lastUsedAtMs: undefined, expiresAtMs: 9_000 });
      await storedTokens.noteStoredTokensUsed([{ id, atMs: 5_000 }]);
      await storedTokens.noteStoredTokensUsed([{ id, atMs: 4_000 }]);
      expect(await storedTokens.list({})).toMatchObject([{ lastUsedAtMs: 5_000 }]);
      expect(await storedTokens.find('https://issuer.example', 'dave', 'demo')).toMatchObject({ expiresAtMs: 9_000 });
    });

    test('stored tokens of two people cannot be swapped', async () => {
      const cluster = await saveCluster(suite.store, clusterObject());
      await suite.store.storedTokens.save(tokenOf('dave', cluster));
      await suite.store.storedTokens.save(tokenOf('erin', cluster));
      await suite.database.sql(
        "UPDATE stored_tokens SET sealed = (SELECT sealed FROM stored_tokens WHERE subject = 'dave') WHERE subject = 'erin'",
      );
      await expect(suite.store.storedTokens.find('https://issuer.example', 'erin', 'demo')).rejects.toMatchObject({
        code: 'internal',
      });
    });
  });

  test('no secret is in clear anywhere in the database', async () => {
    const cluster = await saveCluster(suite.store, clusterObject());
    await suite.store.storedTokens.save(tokenOf('dave', cluster));
    const session = newSession({ claims: { email: 'alice-with-a-long-name@example.com' } });
    const cookie = await suite.store.sessions.create(session);
    const bytes = await suite.database.bytes();
    for (const secret of [
      'the-cluster-token-of-the-gateway',
      'stored-token-of-dave-0123456789',
      cookie,
      'alice-with-a-long-name@example.com',
      Buffer.from(TEST_KEY, 'base64').toString('latin1'),
    ]) {
      expect(findSecret(secret, bytes)).toEqual([]);
    }
    // The search itself works on these bytes: what is not secret is found.
    expect(findSecret('https://issuer.example', bytes)).toContain('raw');
    expect(bytes.includes(session.id)).toBe(true);
    expect(suite.store.engine).toBe(suite.engine === 'SQLite' ? 'sqlite' : 'postgres');
  });
});
