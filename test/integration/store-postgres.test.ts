import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '#store';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { auditRecord, mappingObject, TEST_KEY, silentLog } from '../support/store-samples.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

describe('the store on PostgreSQL alone', () => {
  test('no key is made beside a database that other replicas share', async () => {
    const databaseUrl = await postgres.createDatabase();
    const file = join(tmpdir(), `gatehouse-${randomUUID()}`, 'encryption.key');
    await expect(openStore({ databaseUrl, key: { file }, log: silentLog })).rejects.toMatchObject({
      code: 'encryptionKeyMissing',
      message: expect.stringContaining('openssl rand'),
    });
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  test('an unreachable server refuses to start and does not tell the password', async () => {
    const failed = await openStore({
      databaseUrl: 'postgres://someone:hunter2hunter2@127.0.0.1:1/nothing',
      key: { base64: TEST_KEY },
      log: silentLog,
    }).catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'databaseUnusable' });
    expect((failed as Error).message).not.toContain('hunter2');
  });

  test.each(['fast', 'immediate'] as const)(
    'while the server is down (%s) everything is storeUnavailable; when it is back, so is the store',
    async (mode) => {
      const databaseUrl = await postgres.createDatabase();
      const store = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 60_000 });
      const created = await store.objects.create(mappingObject('kept'), []);
      const before = auditRecord();
      await store.audit.append([before]);
      await postgres.pause(mode);
      const record = auditRecord();
      for (const act of [
        () => store.audit.append([record]),
        () => store.audit.list({ limit: 1 }),
        () => store.objects.readAll(),
        () => store.objects.create(mappingObject('two'), []),
        () => store.sessions.find('x'),
        () => store.storedTokens.find('a', 'b', 'c'),
        () => store.secrets.read('Cluster', 'a', 'b', 'c'),
      ]) {
        await expect(act()).rejects.toMatchObject({ code: 'storeUnavailable' });
      }
      await postgres.resume();
      await store.audit.append([record]);
      expect((await store.audit.list({ limit: 10 })).items).toHaveLength(2);
      expect(await store.objects.get('Mapping', 'kept')).toEqual(created);
      // The notifications come back too: polling is a minute away.
      const other = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog });
      const seen: number[] = [];
      store.objects.onChange((revision) => seen.push(revision));
      await expect
        .poll(
          async () => {
            await other.objects.update(mappingObject('kept', randomUUID()), []);
            return seen.length;
          },
          { timeout: 15_000, interval: 500 },
        )
        .toBeGreaterThan(0);
      await other.close();
      await store.close();
    },
  );

  test('what another replica has open is left alone while that replica runs, and completed once it is gone', async () => {
    const databaseUrl = await postgres.createDatabase();
    const open = async (gateway: string) =>
      await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog, gateway });
    const [mine, theirs] = [await open('mine'), await open('theirs')];
    await expect
      .poll(() => runSql({ databaseUrl }, `SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted`))
      .toHaveLength(2);
    const record = auditRecord({ servedBy: 'theirs/1', stage: 'ResponseStarted', completedAtMs: undefined });
    await theirs.audit.append([record]);
    expect(await mine.audit.completeAbandoned('mine', [1, 2], Date.now())).toBe(0);
    await theirs.close();
    await expect.poll(() => mine.audit.completeAbandoned('mine', [1, 2], Date.now())).toBe(1);
    expect(await mine.audit.get(record.auditId)).toMatchObject({ stage: 'Panic' });
    await mine.close();
  });
});
