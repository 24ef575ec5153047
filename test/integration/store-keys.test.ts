/** Several keys, and the way from one to the next while programs run; on both databases. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { splitSecrets, type ResourceObject } from '#resources';
import type { Store } from '#store';
import { ENTITIES } from '../../libs/store/entities/index.ts';
import { SEALED_TABLES } from '../../libs/store/sealed-tables.ts';
import { describeStore } from '../support/describe-store.ts';
import { clusterObject, newSession, OTHER_KEY, saveCluster, TEST_KEY, tokenOf } from '../support/store-samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ALICE = { issuer: 'demo', issuerUrl: 'https://issuer.example', subject: 'alice', username: 'demo:alice' };

/** One value in each column of sealed ones. */
async function fill(store: Store): Promise<ResourceObject> {
  const cluster = await saveCluster(store, clusterObject());
  await store.storedTokens.save(tokenOf('dave', cluster));
  await store.sessions.create(newSession({ id: 'the-session' }), {
    idToken: 'the-id-token',
    refreshToken: 'the-refresh-token',
  });
  await store.users.noteSeen([{ ...ALICE, claims: { groups: ['team-a'] }, atMs: 1 }]);
  return cluster;
}
async function readAll(store: Store, cluster: ResourceObject): Promise<unknown[]> {
  const secret = await store.secrets.read(
    'Cluster',
    cluster.metadata.uid ?? '',
    'token',
    splitSecrets(cluster).binding,
  );
  return [secret, (await store.storedTokens.find('https://issuer.example', 'dave', 'demo'))?.token];
}
const CLEAR = ['the-cluster-token-of-the-gateway', 'stored-token-of-dave-0123456789'];

describeStore('keys', (suite) => {
  test('every column that holds sealed values is among those that are sealed anew', async () => {
    await fill(suite.store);
    const found: string[] = [];
    for (const { options } of ENTITIES)
      for (const column of Object.values(options.columns)) {
        const [table, name] = [options.tableName, String(column?.name)];
        const rows = await suite.database.sql(
          `SELECT 1 FROM ${table} WHERE CAST("${name}" AS TEXT) LIKE 'gh1.%' OR CAST("${name}" AS TEXT) LIKE '%"gh1.%'`,
        );
        if (rows.length > 0) found.push(`${table}.${name}`);
      }
    expect(found.toSorted()).toEqual(SEALED_TABLES.map(({ table, column }) => `${table}.${column}`).toSorted());
  });

  describe('refuses to open', () => {
    test('where the key of some values is not among those given', async () => {
      await fill(suite.store);
      const third = Buffer.alloc(32, 'third key').toString('base64');
      await expect(suite.open({ key: { base64: `${OTHER_KEY},${third}` } })).rejects.toMatchObject({
        code: 'encryptionKeyWrong',
        message: expect.stringContaining('gatehouse keys discard-lost'),
      });
    });
    test('where one of several is weak', async () => {
      await expect(suite.open({ key: { base64: `${TEST_KEY}\nshort` } })).rejects.toMatchObject({
        code: 'encryptionKeyWeak',
      });
    });
  });

  test('a rotation that is interrupted goes on, and each value can be read all the time', async () => {
    const cluster = await fill(suite.store);
    const both = { key: { base64: `${OTHER_KEY} ${TEST_KEY}` } };
    const first = await suite.open(both);
    expect(await readAll(first, cluster)).toEqual(CLEAR);
    expect(await first.sealing.resealSome(2)).toBe(2);
    await first.close();
    const second = await suite.open(both);
    expect(await readAll(second, cluster)).toEqual(CLEAR);
    expect(new Set((await second.sealing.countSealed()).map(({ keyId }) => keyId)).size).toBe(2);
    expect([await second.sealing.resealSome(200), await second.sealing.resealSome(200)]).toEqual([3, 0]);
    await second.sealing.forgetUnusedKeys(2);
    const third = await suite.open({ key: { base64: OTHER_KEY } });
    expect(await readAll(third, cluster)).toEqual(CLEAR);
    expect(await suite.database.sql('SELECT key_id FROM encryption_keys')).toHaveLength(1);
    await expect(suite.open()).rejects.toMatchObject({ code: 'encryptionKeyWrong' });
  });

  test('a store that is open while another rotates reads on, and seals with the new key within seconds', async () => {
    const file = join(folder, `${suite.engine}.key`);
    const write = (...keys: string[]): void => {
      writeFileSync(`${file}.new`, `${keys.join('\n')}\n`);
      renameSync(`${file}.new`, file);
    };
    write(TEST_KEY);
    const running = await suite.open({ key: { file } });
    const cluster = await fill(running);
    const former = running.sealer.keyId;
    write(OTHER_KEY, TEST_KEY);
    const command = await suite.open({ key: { file } });
    while ((await command.sealing.resealSome(1)) > 0) expect(await readAll(running, cluster)).toEqual(CLEAR);
    expect(await readAll(running, cluster)).toEqual(CLEAR);
    await expect.poll(() => running.sealer.keyId, { timeout: 5000 }).not.toBe(former);
    await running.storedTokens.save(tokenOf('erin', cluster));
    await expect
      .poll(async () => (await command.sealing.countSealed()).map(({ keyId }) => keyId))
      .not.toContain(former);
  });

  test('what a lost key had sealed can be discarded; everything else stays', async () => {
    const cluster = await fill(suite.store);
    const [user] = await suite.store.users.listUsers();
    await suite.store.users.setDisabled(user?.id ?? '', { atMs: 5, reason: 'left' });
    const store = await suite.open({ key: { base64: OTHER_KEY }, allowLostKey: true });
    expect((await store.sealing.discardLost()).map(({ what, count }) => `${count} ${what}`).toSorted()).toEqual([
      '1 credentials and client secrets',
      '1 people’s claims',
      '1 provider’s tokens of sessions',
      '1 sessions',
      '1 stored tokens',
    ]);
    await store.sealing.forgetUnusedKeys(2);
    const again = await suite.open({ key: { base64: OTHER_KEY } });
    expect(await readAll(again, cluster)).toEqual([undefined, undefined]);
    expect(await again.objects.get('Cluster', 'demo')).toMatchObject({ metadata: { uid: cluster.metadata.uid } });
    expect(await again.users.listDisabled()).toEqual([{ issuerUrl: ALICE.issuerUrl, subject: 'alice' }]);
    expect(await again.sealing.discardLost()).toEqual([]);
  });
});
