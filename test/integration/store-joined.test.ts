import { expect, test } from 'vitest';
import { joinStore, type SharedStore, type Store } from '#store';
import { splitSecrets } from '#resources';
import { describeStore } from '../support/describe-store.ts';
import {
  auditRecord,
  clusterObject,
  mappingObject,
  newSession,
  saveCluster,
  silentLog,
  withoutSecrets,
} from '../support/store-samples.ts';

/** As a worker joins: everything in between is copied, as a channel between processes does. */
async function join(store: SharedStore, databaseUrl: string | undefined): Promise<Store> {
  return await joinStore(structuredClone(store.handOver()), {
    call: async (call) => structuredClone(await store.serve(structuredClone(call), 1)),
    onChange: (listener) => store.onChange(listener),
    lost: store.lost,
    databaseUrl,
    databaseConnections: 2,
    log: silentLog,
  });
}

describeStore('a store that another process has opened', (suite) => {
  const joined = async (): Promise<Store> => await join(suite.store, suite.database.options.databaseUrl);

  test('refuses a joined one with the same codes', async () => {
    const other = await joined();
    const saved = await suite.store.objects.create(mappingObject('one'), []);
    await expect(other.objects.create(mappingObject('one'), [])).rejects.toMatchObject({ code: 'alreadyExists' });
    await expect(other.objects.update(saved, [], '0')).rejects.toMatchObject({ code: 'conflict' });
    await expect(other.audit.list({ limit: 1, continue: 'x' })).rejects.toMatchObject({ code: 'invalid' });
    await other.close();
  });

  test('keeps objects, secrets and sealed values for both', async () => {
    const other = await joined();
    expect(other).toMatchObject({ schemaVersion: suite.store.schemaVersion, engine: suite.store.engine });
    const cluster = await saveCluster(other, clusterObject());
    expect(await suite.store.objects.get('Cluster', cluster.metadata.name)).toEqual(cluster);
    const { binding } = splitSecrets(clusterObject());
    const read = (store: Store) => store.secrets.read('Cluster', cluster.metadata.uid ?? '', 'token', binding);
    expect(await read(suite.store)).toBe('the-cluster-token-of-the-gateway');
    expect(await read(other)).toBe('the-cluster-token-of-the-gateway');
    const context = { table: 'cookie', row: 'login', field: 'transaction', binding: '' };
    expect(suite.store.sealer.open(other.sealer.seal('clear', context), context)).toBe('clear');
    await other.close();
  });

  test('tells both of a change that either made', async () => {
    const other = await joined();
    const heard: string[] = [];
    suite.store.objects.onChange(() => heard.push('opened'));
    other.objects.onChange(() => heard.push('joined'));
    await other.objects.create(mappingObject('from-joined'), []);
    await expect.poll(() => heard.toSorted()).toEqual(['joined', 'opened']);
    heard.length = 0;
    await suite.store.objects.update(withoutSecrets(mappingObject('from-joined', 'team')), [], undefined);
    await expect.poll(() => heard.toSorted()).toEqual(['joined', 'opened']);
    // Of credentials those who look after them alone.
    heard.length = 0;
    suite.store.credentials.onChange(() => heard.push('opened: credentials'));
    other.credentials.onChange(() => heard.push('joined: credentials'));
    for (const store of [other, suite.store]) {
      await store.sessions.delete(await suite.store.sessions.create(newSession()));
      await expect.poll(() => heard.toSorted()).toEqual(['joined: credentials', 'opened: credentials']);
      heard.length = 0;
    }
    await other.close();
  });

  test('saves audit records of several at once, and none is lost', async () => {
    const stores = [suite.store, await joined(), await joined()];
    const records = Array.from({ length: 30 }, () => Array.from({ length: 40 }, () => auditRecord()));
    await Promise.all(records.map((batch, at) => (stores[at % 3] as Store).audit.append(batch)));
    const kept = new Set((await suite.store.audit.list({ limit: 2000 })).items.map(({ auditId }) => auditId));
    expect(records.flat().filter(({ auditId }) => !kept.has(auditId))).toEqual([]);
    expect(kept.size).toBe(1200);
    await Promise.all(stores.slice(1).map((store) => store.close()));
  });
});

describeStore('records that a process left open', (suite) => {
  const open = (servedBy: string, stage: 'RequestReceived' | 'ResponseStarted' = 'ResponseStarted') =>
    auditRecord({ servedBy, stage, completedAtMs: undefined, durationMs: undefined, statusCode: 0 });
  const stageOf = async (auditId: string) => (await suite.store.audit.get(auditId))?.stage;

  test('stay open while it runs', async () => {
    const mine = open('mine/1');
    await suite.store.audit.append([mine]);
    expect(await suite.store.audit.completeAbandoned('mine', [2], Date.now())).toBe(0);
    expect(await stageOf(mine.auditId)).toBe('ResponseStarted');
  });

  test('are completed as Panic once it is lost, and what arrives late still counts', async () => {
    const done = auditRecord({ servedBy: 'mine/1' });
    const lost = open('mine/1', 'RequestReceived');
    const late = { ...open('mine/1'), annotations: { reported: 'a=would-deny' } };
    const dead = open('dead/7');
    await suite.store.audit.append([done, lost, late, dead]);
    const nowMs = lost.receivedAtMs + 1234;
    expect(await suite.store.audit.completeAbandoned('mine', [1], nowMs)).toBe(2);
    expect(await suite.store.audit.get(lost.auditId)).toEqual({
      ...lost,
      stage: 'Panic',
      completedAtMs: nowMs,
      durationMs: 1234,
      annotations: { aborted: 'gateway' },
    });
    expect(await stageOf(done.auditId)).toBe('ResponseComplete');
    expect(await stageOf(dead.auditId)).toBe('Panic');
    expect((await suite.store.audit.get(late.auditId))?.annotations).toEqual({
      aborted: 'gateway',
      reported: 'a=would-deny',
    });
    await suite.store.audit.append([late]);
    expect(await stageOf(late.auditId)).toBe('Panic');
    await suite.store.audit.append([{ ...late, stage: 'ResponseComplete', completedAtMs: nowMs, durationMs: 1 }]);
    expect(await stageOf(late.auditId)).toBe('ResponseComplete');
    expect(await suite.store.audit.completeAbandoned('mine', [1], nowMs)).toBe(0);
  });
});
