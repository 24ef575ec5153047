import { randomBytes, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MIGRATIONS } from '#migrations';
import { openStore } from '#store';
import { describeStore } from '../support/describe-store.ts';
import { clusterObject, mappingObject, OTHER_KEY, saveCluster } from '../support/store-samples.ts';

describeStore('opening the store', (suite) => {
  describe('refuses to start', () => {
    const withSecret = async () => {
      await saveCluster(suite.store, clusterObject());
      await suite.store.close();
    };

    test('when the schema is newer than the program', async () => {
      await suite.store.close();
      await suite.database.sql(
        "INSERT INTO migrations (timestamp, name) VALUES (1999000000000, 'FromTheFuture1999000000000')",
      );
      await expect(suite.open()).rejects.toMatchObject({
        code: 'schemaTooNew',
        message: expect.stringContaining('FromTheFuture1999000000000'),
      });
    });

    test('with another key than the secrets are sealed with', async () => {
      await withSecret();
      await expect(suite.open({ key: { base64: OTHER_KEY } })).rejects.toMatchObject({
        code: 'encryptionKeyWrong',
        message: expect.stringContaining('GATEHOUSE_ENCRYPTION_KEY'),
      });
    });

    test('with no key beside sealed secrets, and makes none', async () => {
      await withSecret();
      const file = join(tmpdir(), `gatehouse-${randomUUID()}`, 'encryption.key');
      await expect(suite.open({ key: { file } })).rejects.toMatchObject({ code: 'encryptionKeyMissing' });
      expect(() => statSync(file)).toThrow('ENOENT');
    });

    test.each([
      ['of 31 bytes', randomBytes(31).toString('base64')],
      ['of zeros', Buffer.alloc(32).toString('base64')],
      ['of one repeated byte', Buffer.alloc(32, 0x5a).toString('base64')],
      ['that is not base64', 'correct horse battery staple, correct!!!'],
    ])('with a key %s', async (_, base64) => {
      await expect(suite.open({ key: { base64 } })).rejects.toMatchObject({
        code: 'encryptionKeyWeak',
        message: expect.stringContaining('openssl rand'),
      });
    });
  });

  test('a new key is accepted while nothing is sealed, and then it is the one', async () => {
    await suite.store.close();
    const another = await suite.open({ key: { base64: OTHER_KEY } });
    await saveCluster(another, clusterObject());
    await another.close();
    await expect(suite.open()).rejects.toMatchObject({ code: 'encryptionKeyWrong' });
  });

  test('opening again runs no migration twice and finds everything', async () => {
    const created = await suite.store.objects.create(mappingObject('kept'), []);
    await suite.store.close();
    const again = await suite.open();
    expect(await again.objects.get('Mapping', 'kept')).toEqual(created);
    expect(await suite.database.sql('SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
    expect(again.schemaVersion).toBe(suite.store.schemaVersion);
  });

  test('four programs that start at once on an empty database migrate it once and share one key', async () => {
    const empty = await suite.make();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(empty.options)));
    expect(await empty.sql('SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
    expect(await empty.sql('SELECT key_id FROM encryption_keys')).toHaveLength(1);
    await Promise.all(stores.map((each) => each.close()));
    await empty.remove();
  });

  test('the columns are those that the migrations made', async () => {
    const { ENTITIES } = await import('../../libs/store/entities/index.ts');
    for (const { options } of ENTITIES) {
      const names = Object.values(options.columns)
        .map((column) => `"${column?.name}"`)
        .join(', ');
      await suite.database.sql(`SELECT ${names} FROM ${options.tableName}`);
    }
  });
});
