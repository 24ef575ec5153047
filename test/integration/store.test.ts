import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '#model';
import { splitSecrets, type ResourceObject } from '#resources';
import { openStore, type OpenStoreOptions, type Store } from '#store';
import { findSecret } from '../support/find-secret.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { auditRecord, clusterObject, mappingObject, newSession, TEST_KEY, OTHER_KEY, silentLog } from '../support/store-samples.ts';
import { runSql } from '../support/run-sql.ts';

/** What the suite needs of a database, so that it can be the same for both. */
interface TestDatabase {
  readonly options: OpenStoreOptions;
  /** Statements past the store, as a thief or a newer program would make them. */
  sql(statement: string): Promise<unknown[]>;
  /** All bytes that somebody who steals the database gets. */
  bytes(): Promise<Buffer>;
  remove(): Promise<void>;
}

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const ENGINES: Record<'SQLite' | 'PostgreSQL', () => Promise<TestDatabase>> = {
  async SQLite() {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const sqlitePath = join(folder, 'data', 'gatehouse.db');
    return {
      options: { sqlitePath, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 100 },
      sql: (statement) => runSql({ sqlitePath }, statement),
      bytes: async () => Buffer.concat(['', '-wal', '-shm'].map((ending) => readIfThere(sqlitePath + ending))),
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
  async PostgreSQL() {
    const databaseUrl = await postgres.createDatabase();
    return {
      options: { databaseUrl, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 100 },
      sql: (statement) => runSql({ databaseUrl }, statement),
      bytes: () => postgres.dump(databaseUrl),
      remove: async () => {},
    };
  },
};

describe.each(Object.entries(ENGINES))('the store on %s', (engine, make) => {
  let database: TestDatabase;
  let store: Store;
  const opened: Store[] = [];
  const open = async (changes: Partial<OpenStoreOptions> = {}): Promise<Store> => {
    const another = await openStore({ ...database.options, ...changes });
    opened.push(another);
    return another;
  };

  beforeEach(async () => {
    database = await make();
    store = await open();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await database.remove();
  });

  describe('refuses to start', () => {
    const withSecret = async () => {
      await saveCluster(store, clusterObject());
      await store.close();
    };

    test('when the schema is newer than the program', async () => {
      await store.close();
      await database.sql("INSERT INTO migrations (timestamp, name) VALUES (1999000000000, 'FromTheFuture1999000000000')");
      await expect(open()).rejects.toMatchObject({ code: 'schemaTooNew', message: expect.stringContaining('FromTheFuture1999000000000') });
    });

    test('with another key than the secrets are sealed with', async () => {
      await withSecret();
      await expect(open({ key: { base64: OTHER_KEY } })).rejects.toMatchObject({ code: 'encryptionKeyWrong', message: expect.stringContaining('GATEHOUSE_ENCRYPTION_KEY') });
    });

    test('with no key beside sealed secrets, and makes none', async () => {
      await withSecret();
      const file = join(tmpdir(), `gatehouse-${randomUUID()}`, 'encryption.key');
      await expect(open({ key: { file } })).rejects.toMatchObject({ code: 'encryptionKeyMissing' });
      expect(() => statSync(file)).toThrow('ENOENT');
    });

    test.each([
      ['of 31 bytes', randomBytes(31).toString('base64')],
      ['of zeros', Buffer.alloc(32).toString('base64')],
      ['of one repeated byte', Buffer.alloc(32, 0x5a).toString('base64')],
      ['that is not base64', 'correct horse battery staple, correct!!!'],
    ])('with a key %s', async (_, base64) => {
      await expect(open({ key: { base64 } })).rejects.toMatchObject({ code: 'encryptionKeyWeak', message: expect.stringContaining('openssl rand') });
    });
  });

  test('a new key is accepted while nothing is sealed, and then it is the one', async () => {
    await store.close();
    const another = await open({ key: { base64: OTHER_KEY } });
    await saveCluster(another, clusterObject());
    await another.close();
    await expect(open()).rejects.toMatchObject({ code: 'encryptionKeyWrong' });
  });

  test('opening again runs no migration twice and finds everything', async () => {
    const created = await store.objects.create(mappingObject('kept'), []);
    await store.close();
    const again = await open();
    expect(await again.objects.get('Mapping', 'kept')).toEqual(created);
    expect(await database.sql('SELECT name FROM migrations')).toHaveLength(1);
    expect(again.schemaVersion).toBe(store.schemaVersion);
  });

  test('four programs that start at once on an empty database migrate it once and share one key', async () => {
    const empty = await make();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(empty.options)));
    expect(await empty.sql('SELECT name FROM migrations')).toHaveLength(1);
    expect(await empty.sql('SELECT key_id FROM encryption_keys')).toHaveLength(1);
    await Promise.all(stores.map((each) => each.close()));
    await empty.remove();
  });

  describe('objects', () => {
    test('are not found, and changing them is refused, where there are none', async () => {
      expect(await store.objects.get('Mapping', 'nobody')).toBeUndefined();
      await expect(store.objects.update(mappingObject('nobody'), [])).rejects.toMatchObject({ code: 'notFound' });
      await expect(store.objects.delete('Mapping', 'nobody')).rejects.toMatchObject({ code: 'notFound' });
      expect(await store.objects.list('Mapping')).toMatchObject({ items: [] });
    });

    test('a name can be taken once for each kind', async () => {
      await store.objects.create(mappingObject('one'), []);
      await expect(store.objects.create(mappingObject('one'), [])).rejects.toMatchObject({ code: 'alreadyExists' });
      await store.objects.create({ ...mappingObject('one'), kind: 'AccessRule' }, []);
    });

    test('a stale resourceVersion is a conflict, and changes nothing', async () => {
      const created = await store.objects.create(mappingObject('one'), []);
      const updated = await store.objects.update(mappingObject('one', 'other'), [], created.metadata.resourceVersion);
      await expect(store.objects.update(mappingObject('one', 'third'), [], created.metadata.resourceVersion)).rejects.toMatchObject({ code: 'conflict' });
      await expect(store.objects.delete('Mapping', 'one', created.metadata.resourceVersion)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.objects.get('Mapping', 'one')).toEqual(updated);
    });

    test('another uid than the stored one is a conflict', async () => {
      const created = await store.objects.create(mappingObject('one'), []);
      await expect(store.objects.update({ ...created, metadata: { ...created.metadata, uid: randomUUID() } }, [])).rejects.toMatchObject({ code: 'conflict' });
    });

    test('of twenty concurrent updates of one version exactly one wins', async () => {
      const { metadata } = await store.objects.create(mappingObject('one'), []);
      const other = await open();
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, at) =>
        (at % 2 ? store : other).objects.update(mappingObject('one', `value ${at}`), [], metadata.resourceVersion)));
      const answers = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'updated' : (outcome.reason as { code: string }).code));
      expect(answers.toSorted()).toEqual([...Array<string>(19).fill('conflict'), 'updated']);
    });

    test('keep uid and creation time; generation counts changes of spec, resourceVersion every change', async () => {
      const created = await store.objects.create(mappingObject('one'), []);
      expect(created.metadata).toMatchObject({ name: 'one', generation: 1, uid: expect.stringMatching(/^[0-9a-f-]{36}$/), creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
      const labelled = await store.objects.update({ ...mappingObject('one'), metadata: { name: 'one', labels: { team: 'a' } } }, []);
      expect(labelled.metadata).toMatchObject({ uid: created.metadata.uid, generation: 1, labels: { team: 'a' }, creationTimestamp: created.metadata.creationTimestamp });
      const changed = await store.objects.update(mappingObject('one', 'other'), []);
      expect(changed.metadata).toMatchObject({ uid: created.metadata.uid, generation: 2 });
      const versions = [created, labelled, changed].map((object) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    });

    test('an update that changes nothing bumps nothing', async () => {
      const created = await store.objects.create(mappingObject('one'), []);
      const revision = await store.objects.revision();
      expect(await store.objects.update(mappingObject('one'), [], created.metadata.resourceVersion)).toEqual(created);
      expect(await store.objects.revision()).toBe(revision);
    });

    test('are listed by name with the revision of that moment, and read all at once', async () => {
      for (const name of ['b-2', 'a', 'b.1', 'B']) await store.objects.create(mappingObject(name), []);
      const list = await store.objects.list('Mapping');
      expect(list.items.map((object) => object.metadata.name)).toEqual(['B', 'a', 'b-2', 'b.1']);
      expect(list.revision).toBe(await store.objects.revision());
      const all = await store.objects.readAll();
      expect(all.objects).toHaveLength(4);
      expect(all.revision).toBe(list.revision);
    });

    test('a deleted one is gone, and its name is free for another with another uid', async () => {
      const first = await store.objects.create(mappingObject('one'), []);
      const revision = await store.objects.revision();
      await store.objects.delete('Mapping', 'one', first.metadata.resourceVersion);
      expect(await store.objects.get('Mapping', 'one')).toBeUndefined();
      expect(await store.objects.revision()).toBeGreaterThan(revision);
      expect((await store.objects.create(mappingObject('one'), [])).metadata.uid).not.toBe(first.metadata.uid);
    });
  });

  describe('secrets', () => {
    const read = (cluster: ResourceObject, field = 'token', binding = splitSecrets(cluster).binding) =>
      store.secrets.read('Cluster', cluster.metadata.uid ?? '', field, binding);

    test('are not given for another kind, object, field or binding', async () => {
      const cluster = await saveCluster(store, clusterObject());
      const { binding } = splitSecrets(cluster);
      const uid = cluster.metadata.uid ?? '';
      expect(await store.secrets.read('Issuer', uid, 'token', binding)).toBeUndefined();
      expect(await store.secrets.read('Cluster', randomUUID(), 'token', binding)).toBeUndefined();
      expect(await store.secrets.read('Cluster', uid, 'clientKey', binding)).toBeUndefined();
      expect(await store.secrets.read('Cluster', uid, 'token', splitSecrets(clusterObject({ server: 'https://evil.example' })).binding)).toBeUndefined();
      expect(await store.secrets.read('Cluster', uid, 'token', binding)).toBe('the-cluster-token-of-the-gateway');
    });

    test.each([
      ['server', { server: 'https://evil.example:6443' }],
      ['CA', { certificateAuthorityData: Buffer.from('another CA').toString('base64') }],
    ])('a changed %s without a new secret drops the old one', async (_, change) => {
      await saveCluster(store, clusterObject());
      const changed = await store.objects.update(withoutSecrets(clusterObject(change)), []);
      expect(await read(changed)).toBeUndefined();
      // Back again: it is gone for good, not hidden.
      const back = await store.objects.update(withoutSecrets(clusterObject()), []);
      expect(await read(back)).toBeUndefined();
      expect(await database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('another kind of credential drops the old one', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.objects.update({ ...cluster, spec: { ...(cluster.spec as object), credential: { type: 'inCluster' } } }, []);
      expect(await database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('stay when something else changes', async () => {
      await saveCluster(store, clusterObject());
      const changed = await store.objects.update(withoutSecrets(clusterObject({ default: true })), []);
      expect(changed.metadata.generation).toBe(2);
      expect(await read(changed)).toBe('the-cluster-token-of-the-gateway');
    });

    test('a new value is a change, the same value again is none', async () => {
      const cluster = await saveCluster(store, clusterObject());
      const { object, secrets } = splitSecrets(clusterObject());
      expect((await store.objects.update(object, secrets)).metadata).toEqual(cluster.metadata);
      const renewed = splitSecrets(clusterObject({ credential: { token: 'the-second-token-of-the-gateway' } }));
      const changed = await store.objects.update(renewed.object, renewed.secrets);
      expect(changed.metadata.generation).toBe(2);
      expect(changed.metadata.resourceVersion).not.toBe(cluster.metadata.resourceVersion);
      expect(await read(changed)).toBe('the-second-token-of-the-gateway');
    });

    test('go with their object', async () => {
      await saveCluster(store, clusterObject());
      await store.objects.delete('Cluster', 'demo');
      expect(await database.sql('SELECT field FROM secrets')).toEqual([]);
    });

    test('a conflict saves no secret', async () => {
      await saveCluster(store, clusterObject());
      const renewed = splitSecrets(clusterObject({ credential: { token: 'a-token-that-is-never-accepted' } }));
      await expect(store.objects.update(renewed.object, renewed.secrets, '1')).rejects.toMatchObject({ code: 'conflict' });
      expect(await read((await store.objects.get('Cluster', 'demo')) as ResourceObject)).toBe('the-cluster-token-of-the-gateway');
    });

    test('a secret in the object itself never reaches the table of objects', async () => {
      await store.objects.create(clusterObject(), []);
      const { metadata, ...rest } = (await store.objects.get('Cluster', 'demo')) as ResourceObject;
      expect(metadata.name).toBe('demo');
      expect(JSON.stringify(rest)).not.toContain('the-cluster-token');
    });
  });

  describe('sealed rows', () => {
    test('do not open when a bit is flipped', async () => {
      const cluster = await saveCluster(store, clusterObject());
      const [row] = (await database.sql('SELECT sealed FROM secrets')) as { sealed: string }[];
      const [version, keyId, body] = (row?.sealed ?? '').split('.') as [string, string, string];
      const bytes = Buffer.from(body, 'base64url');
      for (const at of [0, 12, bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] as number) ^ 1;
        await database.sql(`UPDATE secrets SET sealed = '${version}.${keyId}.${flipped.toString('base64url')}'`);
        await expect(store.secrets.read('Cluster', cluster.metadata.uid ?? '', 'token', splitSecrets(cluster).binding)).rejects.toMatchObject({ code: 'internal' });
      }
    });

    test('do not open in another row or with another binding', async () => {
      const one = await saveCluster(store, clusterObject());
      const two = await saveCluster(store, clusterObject({ server: 'https://two.example' }, 'two'));
      await database.sql(`UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE object_uid = '${one.metadata.uid}') WHERE object_uid = '${two.metadata.uid}'`);
      await expect(store.secrets.read('Cluster', two.metadata.uid ?? '', 'token', splitSecrets(two).binding)).rejects.toMatchObject({ code: 'internal' });
      const { binding } = splitSecrets(two);
      await database.sql(`UPDATE secrets SET binding = '${binding}' WHERE object_uid = '${one.metadata.uid}'`);
      await expect(store.secrets.read('Cluster', one.metadata.uid ?? '', 'token', binding)).rejects.toMatchObject({ code: 'internal' });
    });

    test('stored tokens of two people cannot be swapped', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.storedTokens.save(tokenOf('dave', cluster));
      await store.storedTokens.save(tokenOf('erin', cluster));
      await database.sql("UPDATE stored_tokens SET sealed = (SELECT sealed FROM stored_tokens WHERE subject = 'dave') WHERE subject = 'erin'");
      await expect(store.storedTokens.find('https://issuer.example', 'erin', 'demo')).rejects.toMatchObject({ code: 'internal' });
    });
  });

  describe('stored tokens', () => {
    test('are found by nobody else', async () => {
      const cluster = await saveCluster(store, clusterObject());
      const id = await store.storedTokens.save(tokenOf('dave', cluster));
      expect(await store.storedTokens.find('https://other.example', 'dave', 'demo')).toBeUndefined();
      expect(await store.storedTokens.find('https://issuer.example', 'erin', 'demo')).toBeUndefined();
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'other')).toBeUndefined();
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toEqual({ id, token: 'stored-token-of-dave-0123456789', user: 'system:serviceaccount:team-a:dave', groups: ['system:serviceaccounts'] });
    });

    test('are refused for a cluster that changed or vanished while their owner was asked for', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.objects.update(withoutSecrets(clusterObject({ server: 'https://evil.example' })), []);
      await expect(store.storedTokens.save(tokenOf('dave', cluster))).rejects.toMatchObject({ code: 'conflict' });
      await store.objects.delete('Cluster', 'demo');
      await expect(store.storedTokens.save(tokenOf('dave', cluster))).rejects.toMatchObject({ code: 'notFound' });
    });

    test('are suspended by a change of server or CA, also after it is changed back, until entered again', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.storedTokens.save(tokenOf('dave', cluster));
      await store.objects.update(withoutSecrets(clusterObject({ server: 'https://evil.example' })), []);
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      const back = await store.objects.update(withoutSecrets(clusterObject()), []);
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      expect(await store.storedTokens.list({ cluster: 'demo' })).toMatchObject([{ subject: 'dave', suspended: true }]);
      await store.storedTokens.save(tokenOf('dave', back));
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toMatchObject({ user: 'system:serviceaccount:team-a:dave' });
    });

    test('suspendForCluster spares those that are bound to what stays', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.storedTokens.save(tokenOf('dave', cluster));
      await store.storedTokens.suspendForCluster('demo', splitSecrets(cluster).binding);
      expect(await store.storedTokens.list({})).toMatchObject([{ suspended: false }]);
      await store.storedTokens.suspendForCluster('demo', 'another');
      expect(await store.storedTokens.list({})).toMatchObject([{ suspended: true }]);
    });

    test('one for each person and cluster; listed without the token; deleted by id and with their cluster', async () => {
      const cluster = await saveCluster(store, clusterObject());
      await store.storedTokens.save(tokenOf('dave', cluster));
      const second = await store.storedTokens.save({ ...tokenOf('dave', cluster), token: 'the-newer-token-of-dave-012345', expiresAtMs: 1_900_000_000_000 });
      await store.storedTokens.save(tokenOf('erin', cluster));
      const listed = await store.storedTokens.list({ subject: 'dave' });
      expect(listed).toMatchObject([{ id: second, issuer: 'demo', cluster: 'demo', username: 'demo:dave', expiresAtMs: 1_900_000_000_000, suspended: false }]);
      expect(JSON.stringify(listed)).not.toContain('token-of-dave');
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toMatchObject({ token: 'the-newer-token-of-dave-012345' });
      await store.storedTokens.delete(second);
      await expect(store.storedTokens.delete(second)).rejects.toMatchObject({ code: 'notFound' });
      expect(await store.storedTokens.find('https://issuer.example', 'dave', 'demo')).toBeUndefined();
      await store.objects.delete('Cluster', 'demo');
      expect(await store.storedTokens.list({})).toEqual([]);
    });
  });

  describe('sessions', () => {
    test('are not found by a wrong token, by their id, or by the digest that a thief reads', async () => {
      const session = newSession();
      const token = await store.sessions.create(session);
      const [row] = (await database.sql('SELECT token_digest FROM sessions')) as { token_digest: string }[];
      for (const wrong of ['', 'x', session.id, row?.token_digest ?? '', `${token}=`, token.slice(1)]) {
        expect(await store.sessions.find(wrong)).toBeUndefined();
      }
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(await store.sessions.find(token)).toEqual(session);
    });

    test('end by token and by id', async () => {
      const [one, two] = [newSession(), newSession()];
      const [first, second] = [await store.sessions.create(one), await store.sessions.create(two)];
      await store.sessions.delete(first);
      expect(await store.sessions.find(first)).toBeUndefined();
      expect(await store.sessions.find(second)).toEqual(two);
      await store.sessions.delete(two.id);
      expect(await store.sessions.find(second)).toBeUndefined();
    });

    test('last seen only goes forward, and the expired are swept by either limit', async () => {
      const session = newSession({ createdAtMs: 1_000, lastSeenAtMs: 1_000, idleTimeoutMs: 500, expiresAtMs: 10_000 });
      const token = await store.sessions.create(session);
      await store.sessions.touch(session.id, 2_000);
      await store.sessions.touch(session.id, 1_500);
      expect(await store.sessions.find(token)).toEqual({ ...session, lastSeenAtMs: 2_000 });
      await store.sessions.deleteExpired(2_499);
      expect(await store.sessions.find(token)).toBeDefined();
      await store.sessions.deleteExpired(2_500);
      expect(await store.sessions.find(token)).toBeUndefined();
      const absolute = await store.sessions.create(newSession({ lastSeenAtMs: 9_999, idleTimeoutMs: 500, expiresAtMs: 10_000 }));
      await store.sessions.deleteExpired(10_000);
      expect(await store.sessions.find(absolute)).toBeUndefined();
    });
  });

  describe('audit records', () => {
    test('a page token of somebody else\'s making is refused', async () => {
      for (const nonsense of ['x', Buffer.from('[1]').toString('base64url'), Buffer.from('["a","b"]').toString('base64url'), "' OR 1=1"]) {
        await expect(store.audit.list({ limit: 1, continue: nonsense })).rejects.toMatchObject({ code: 'invalid' });
      }
    });

    test('come back as they were', async () => {
      const full = auditRecord({ groups: ['a', 'b,c', 'Ünïcode ✓'], annotations: { code: 'denied', line: 'a\nb' }, bytesOut: 5_000_000_000, durationMs: 1.234 });
      const running = auditRecord({ stage: 'ResponseStarted', completedAtMs: undefined, durationMs: undefined });
      await store.audit.append([full, running]);
      expect(await store.audit.get(full.auditId)).toEqual(full);
      expect(await store.audit.get(running.auditId)).toEqual(running);
      expect(await store.audit.get('0')).toBeUndefined();
    });

    test('a completed record takes the place of its start, never the other way round, in one batch or two', async () => {
      const pair = (): [AuditRecord, AuditRecord] => {
        const complete = auditRecord();
        return [{ ...complete, stage: 'ResponseStarted', completedAtMs: undefined, durationMs: undefined, statusCode: 0 }, complete];
      };
      const [oneStart, one] = pair();
      const [twoStart, two] = pair();
      const [threeStart, three] = pair();
      await store.audit.append([oneStart, one]);
      await store.audit.append([twoStart]);
      await store.audit.append([two]);
      await store.audit.append([two]);
      await store.audit.append([three, threeStart]);
      await store.audit.append([threeStart]);
      for (const record of [one, two, three]) expect(await store.audit.get(record.auditId)).toEqual(record);
      expect((await store.audit.list({ limit: 10 })).items).toHaveLength(3);
    });

    test('what a column cannot hold is replaced, since it would stop all that wait behind it', async () => {
      const odd = auditRecord({ username: `nul\0 lone\uD800 ${'long '.repeat(2_000)}`, userAgent: 'a\0b', revision: 1.5, durationMs: Number.NaN, bytesIn: Number.POSITIVE_INFINITY });
      const random = auditRecord({ username: randomBytes(8_000).toString('latin1') });
      await store.audit.append([odd, random, auditRecord({ bytesIn: 3 })]);
      const saved = await store.audit.get(odd.auditId);
      expect(saved).toMatchObject({ userAgent: 'a\uFFFDb', durationMs: undefined, revision: 1 });
      expect(saved?.username).toMatch(/^nul\uFFFD lone\uFFFD long /);
      expect((await store.audit.list({ user: odd.username, limit: 5 })).items).toMatchObject([{ auditId: odd.auditId }]);
    });

    test('a thousand in one call, in any number, are all there', async () => {
      for (const size of [1, 7, 8, 9, 63, 64, 65, 1000]) {
        const records = Array.from({ length: size }, () => auditRecord({ username: `size ${size}` }));
        await store.audit.append(records);
        expect((await store.audit.list({ user: `size ${size}`, limit: 2_000 })).items.map((record) => record.auditId).sort()).toEqual(records.map((record) => record.auditId).sort());
      }
    });

    test('are listed newest first and filtered by every field and time', async () => {
      const base = 1_700_000_000_000;
      const alice = auditRecord({ receivedAtMs: base, username: 'demo:alice', verb: 'create', resource: 'pods', namespace: 'team-a' });
      const bob = auditRecord({ receivedAtMs: base + 1_000, username: 'demo:bob', issuer: 'other', verb: 'list', resource: 'secrets', namespace: 'team-b', decision: 'deny', cluster: 'prod' });
      const carol = auditRecord({ receivedAtMs: base + 2_000, username: 'demo:carol', verb: 'get', resource: 'nodes', namespace: '' });
      await store.audit.append([bob, carol, alice]);
      const found = async (filter: object) => (await store.audit.list({ limit: 10, ...filter })).items.map((record) => record.username.slice(5));
      expect(await found({})).toEqual(['carol', 'bob', 'alice']);
      expect(await found({ user: 'demo:alice' })).toEqual(['alice']);
      expect(await found({ user: 'DEMO:ALICE' })).toEqual([]);
      expect(await found({ issuer: 'other' })).toEqual(['bob']);
      expect(await found({ verb: 'get' })).toEqual(['carol']);
      expect(await found({ namespace: 'team-b' })).toEqual(['bob']);
      expect(await found({ resource: 'pods' })).toEqual(['alice']);
      expect(await found({ cluster: 'prod' })).toEqual(['bob']);
      expect(await found({ decision: 'deny' })).toEqual(['bob']);
      expect(await found({ since: base + 1_000 })).toEqual(['carol', 'bob']);
      expect(await found({ until: base + 1_000 })).toEqual(['alice']);
      expect(await found({ since: base + 1, until: base + 2_000, decision: 'deny' })).toEqual(['bob']);
      expect(await found({ user: "x' OR '1'='1" })).toEqual([]);
      expect(await found({ user: 'nul\0' })).toEqual([]);
    });

    test('pages follow each other without gaps or repeats, also within one millisecond and while more arrive', async () => {
      const records = Array.from({ length: 25 }, (_, at) => auditRecord({ receivedAtMs: 1_700_000_000_000 + Math.floor(at / 10) }));
      await store.audit.append(records);
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const page = await store.audit.list({ limit: 4, ...(next ? { continue: next } : {}) });
        seen.push(...page.items.map((record) => record.auditId));
        next = page.continue;
        await store.audit.append([auditRecord({ receivedAtMs: 1_800_000_000_000 })]);
      } while (next);
      expect(seen).toHaveLength(25);
      expect(new Set(seen)).toEqual(new Set(records.map((record) => record.auditId)));
    });

    test('exactly one full page promises no next one', async () => {
      await store.audit.append([auditRecord(), auditRecord()]);
      expect((await store.audit.list({ limit: 2 })).continue).toBeUndefined();
    });
  });

  describe('changes', () => {
    test('are told to this store and to another one on the same database, once each, and not after stopping', async () => {
      const other = await open();
      const here: number[] = [];
      const there: number[] = [];
      store.objects.onChange((revision) => here.push(revision));
      const stop = other.objects.onChange((revision) => there.push(revision));
      await store.objects.create(mappingObject('one'), []);
      const revision = await store.objects.revision();
      await expect.poll(() => there).toEqual([revision]);
      await expect.poll(() => here).toEqual([revision]);
      await other.objects.update(mappingObject('one', 'other'), []);
      await expect.poll(() => here).toEqual([revision, revision + 1]);
      stop();
      await store.objects.delete('Mapping', 'one');
      await expect.poll(() => here.length).toBe(3);
      expect(there).toEqual([revision, revision + 1]);
    });

    test('a refused change and an empty one tell nobody', async () => {
      await store.objects.create(mappingObject('one'), []);
      const seen: number[] = [];
      await new Promise((wake) => setTimeout(wake, 250));
      store.objects.onChange((revision) => seen.push(revision));
      await expect(store.objects.create(mappingObject('one'), [])).rejects.toMatchObject({ code: 'alreadyExists' });
      await store.objects.update(mappingObject('one'), []);
      await new Promise((wake) => setTimeout(wake, 400));
      expect(seen).toEqual([]);
    });
  });

  test('no secret is in clear anywhere in the database', async () => {
    const cluster = await saveCluster(store, clusterObject());
    await store.storedTokens.save(tokenOf('dave', cluster));
    const session = newSession({ claims: { email: 'alice-with-a-long-name@example.com' } });
    const cookie = await store.sessions.create(session);
    const bytes = await database.bytes();
    for (const secret of ['the-cluster-token-of-the-gateway', 'stored-token-of-dave-0123456789', cookie, 'alice-with-a-long-name@example.com', Buffer.from(TEST_KEY, 'base64').toString('latin1')]) {
      expect(findSecret(secret, bytes)).toEqual([]);
    }
    // The search itself works on these bytes: what is not secret is found.
    expect(findSecret('https://issuer.example', bytes)).toContain('raw');
    expect(bytes.includes(session.id)).toBe(true);
    expect(store.engine).toBe(engine === 'SQLite' ? 'sqlite' : 'postgres');
  });

  test('the columns are those that the migrations made', async () => {
    const { ENTITIES } = await import('../../libs/store/entities/index.ts');
    for (const { options } of ENTITIES) {
      const names = Object.values(options.columns).map((column) => `"${column?.name}"`).join(', ');
      await database.sql(`SELECT ${names} FROM ${options.tableName}`);
    }
  });
});

async function saveCluster(store: Store, input: ResourceObject): Promise<ResourceObject> {
  const { object, secrets } = splitSecrets(input);
  return await store.objects.create(object, secrets);
}

const withoutSecrets = (input: ResourceObject): ResourceObject => splitSecrets(input).object;

function tokenOf(subject: string, cluster: ResourceObject) {
  return {
    issuer: 'demo', issuerUrl: 'https://issuer.example', subject, username: `demo:${subject}`,
    cluster: cluster.metadata.name, clusterUid: cluster.metadata.uid ?? '', binding: splitSecrets(cluster).binding,
    token: `stored-token-of-${subject}-0123456789`, user: `system:serviceaccount:team-a:${subject}`, groups: ['system:serviceaccounts'],
  };
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

describe('the store on SQLite alone', () => {
  test('keeps files and folder to their owner, and makes a key of its own at the first start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const data = join(folder, 'data');
    const file = join(data, 'encryption.key');
    const options = { sqlitePath: join(data, 'gatehouse.db'), key: { file }, log: silentLog };
    const store = await openStore(options);
    await saveCluster(store, clusterObject());
    const modes = ['', 'gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm', 'encryption.key'].map((name) => statSync(join(data, name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600, 0o600]);
    expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toHaveLength(32);
    await store.close();
    const again = await openStore(options);
    expect(again.sealer.keyId).toBe(store.sealer.keyId);
    await again.close();
    rmSync(file);
    await expect(openStore(options)).rejects.toMatchObject({ code: 'encryptionKeyMissing', message: expect.stringContaining(file) });
    rmSync(folder, { recursive: true });
  });

  test('while another program holds the file for long everything that writes is storeUnavailable, reading goes on, and then it recovers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const options = { sqlitePath: join(folder, 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const first = auditRecord();
    await store.audit.append([first]);
    const other = new SqliteDatabase(options.sqlitePath);
    other.exec('BEGIN IMMEDIATE');
    const refused = expect(store.audit.append([auditRecord()])).rejects.toMatchObject({ code: 'storeUnavailable' });
    expect((await store.audit.list({ limit: 5 })).items).toEqual([first]);
    await refused;
    other.exec('COMMIT');
    other.close();
    await store.audit.append([auditRecord()]);
    expect((await store.audit.list({ limit: 5 })).items).toHaveLength(2);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('what was promised durable is there after the process is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const sqlitePath = join(folder, 'gatehouse.db');
    const child = spawn(process.execPath, ['--conditions=source', fileURLToPath(new URL('../support/append-until-killed.ts', import.meta.url)), sqlitePath, TEST_KEY], { stdio: ['ignore', 'pipe', 'inherit'] });
    const promised: string[] = [];
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      promised.push(line);
      if (promised.length === 20) child.kill('SIGKILL');
    }
    const store = await openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog });
    const kept = new Set((await store.audit.list({ limit: 100_000 })).items.map((record) => record.auditId));
    expect(promised.length).toBeGreaterThanOrEqual(20);
    expect(promised.filter((id) => !kept.has(id))).toEqual([]);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('a file that is no database refuses to start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const sqlitePath = join(folder, 'gatehouse.db');
    writeFileSync(sqlitePath, 'this is certainly not a database, however long it may be'.repeat(100));
    await expect(openStore({ sqlitePath, key: { base64: TEST_KEY }, log: silentLog })).rejects.toMatchObject({ code: 'databaseUnusable' });
    rmSync(folder, { recursive: true });
  });

  test('what was called before close is done, what is called after is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
    const options = { sqlitePath: join(folder, 'gatehouse.db'), key: { base64: TEST_KEY }, log: silentLog };
    const store = await openStore(options);
    const records = Array.from({ length: 500 }, () => auditRecord());
    const appended = store.audit.append(records);
    await store.close();
    await appended;
    await expect(store.audit.append(records)).rejects.toMatchObject({ code: 'storeUnavailable' });
    const again = await openStore(options);
    expect((await again.audit.list({ limit: 1_000 })).items).toHaveLength(500);
    await again.close();
    rmSync(folder, { recursive: true });
  });
});

describe('the store on PostgreSQL alone', () => {
  test('no key is made beside a database that other replicas share', async () => {
    const databaseUrl = await postgres.createDatabase();
    const file = join(tmpdir(), `gatehouse-${randomUUID()}`, 'encryption.key');
    await expect(openStore({ databaseUrl, key: { file }, log: silentLog })).rejects.toMatchObject({ code: 'encryptionKeyMissing', message: expect.stringContaining('openssl rand') });
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  test('an unreachable server refuses to start and does not tell the password', async () => {
    const failed = await openStore({ databaseUrl: 'postgres://someone:hunter2hunter2@127.0.0.1:1/nothing', key: { base64: TEST_KEY }, log: silentLog }).catch((error: unknown) => error as Error);
    expect(failed).toMatchObject({ code: 'databaseUnusable' });
    expect((failed as Error).message).not.toContain('hunter2');
  });

  test.each(['fast', 'immediate'] as const)('while the server is down (%s) everything is storeUnavailable; when it is back, so is the store', async (mode) => {
    const databaseUrl = await postgres.createDatabase();
    const store = await openStore({ databaseUrl, key: { base64: TEST_KEY }, log: silentLog, pollEveryMs: 60_000 });
    const created = await store.objects.create(mappingObject('kept'), []);
    const before = auditRecord();
    await store.audit.append([before]);
    await postgres.pause(mode);
    const record = auditRecord();
    for (const act of [() => store.audit.append([record]), () => store.audit.list({ limit: 1 }), () => store.objects.readAll(), () => store.objects.create(mappingObject('two'), []), () => store.sessions.find('x'), () => store.storedTokens.find('a', 'b', 'c'), () => store.secrets.read('Cluster', 'a', 'b', 'c')]) {
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
    await expect.poll(async () => {
      await other.objects.update(mappingObject('kept', randomUUID()), []);
      return seen.length;
    }, { timeout: 15_000, interval: 500 }).toBeGreaterThan(0);
    await other.close();
    await store.close();
  });
});
