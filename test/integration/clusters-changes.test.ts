/** What a change of a Cluster does to those who use it: nothing that need not be, and nothing later than a second. */
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import { describeWorkers } from '../support/describe-workers.ts';
import {
  connectToEach,
  openWatch,
  readAuditEvent,
  servedBy,
  type OpenWatch,
  type WorkerConnection,
} from '../support/worker-clients.ts';
import { startStubApi } from '../support/worker-world.ts';

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const PODS = '/api/v1/namespaces/team-a/pods';

interface ClusterView {
  metadata: { name: string; labels?: Record<string, string>; generation: number };
  spec: Record<string, unknown> & { credential: Record<string, unknown> };
}

describeWorkers('changes of a Cluster', (suite) => {
  let connections: WorkerConnection[];
  let admin: WorkerConnection;
  beforeAll(async () => {
    await suite.world.start();
    connections = [...(await connectToEach(suite.world, ['1', '2'], 1)).values()].flat();
    admin = connections[0] as WorkerConnection;
  });
  const statuses = async (target = PODS): Promise<number[]> =>
    await Promise.all(connections.map(async (connection) => (await connection.send(target)).status));
  const read = async (name: string): Promise<ClusterView> =>
    JSON.parse((await admin.send(`${OWN}/clusters/${name}`)).body) as ClusterView;
  const change = async (name: string, act: (cluster: ClusterView) => void): Promise<void> => {
    const cluster = await read(name);
    act(cluster);
    const answer = await admin.send(`${OWN}/clusters/${name}`, { method: 'PUT', body: JSON.stringify(cluster) });
    expect(answer).toMatchObject({ status: 200 });
  };
  /** A watch on each worker. */
  const watchEverywhere = async (): Promise<OpenWatch[]> => {
    const watches = new Map<string, OpenWatch>();
    while (watches.size < 2) {
      const watch = await openWatch(suite.world, 'changes');
      watches.set(await servedBy(admin, watch.auditId), watch);
    }
    return [...watches.values()];
  };
  /** Ends every watch within a second, and each leaves a record that says why. */
  const expectCut = async (watches: readonly OpenWatch[], act: () => Promise<unknown>, why: RegExp): Promise<void> => {
    const startedAt = performance.now();
    await act();
    await Promise.all(watches.map((watch) => watch.ended));
    const tookMs = performance.now() - startedAt;
    console.log(`streams of every worker ended ${Math.round(tookMs)} ms after the change was sent: ${why.source}`);
    expect(tookMs).toBeLessThan(1000);
    for (const { auditId } of watches) {
      await expect.poll(async () => (await readAuditEvent(admin, auditId)).stage).toBe('ResponseComplete');
      const { annotations } = await readAuditEvent(admin, auditId);
      expect(annotations['gatehouse.dev/abortReason']).toMatch(why);
    }
  };

  describe('are refused', () => {
    test.each([
      ['a rename to a name that is taken', 'stub', { spec: { name: 'stub' } }, 409],
      ['a rename to the reserved name', 'stub', { spec: { name: 'gatehouse' } }, 422],
      ['a rename to no name', 'stub', { spec: { name: 'A/b' } }, 422],
      ['a rename without a name', 'stub', {}, 422],
      ['a rename of what is not there', 'nowhere', { spec: { name: 'other' } }, 404],
    ])('%s', async (_what, name, body, status) => {
      const answer = await admin.send(`${OWN}/clusters/${name}/rename`, { method: 'POST', body: JSON.stringify(body) });
      expect(answer.status, answer.body).toBe(status);
    });
  });

  test('a new label cuts nobody’s stream', async () => {
    const watches = await watchEverywhere();
    await change('stub', (cluster) => (cluster.metadata.labels = { team: 'a' }));
    await runCli(['cluster', 'list'], suite.world.environment);
    expect(await statuses()).toEqual([200, 200]);
    suite.world.upstream.sendEvent();
    await expect.poll(() => watches.every((watch) => watch.events() >= 2), { timeout: 5000 }).toBe(true);
    expect((await read('stub')).metadata).toMatchObject({ labels: { team: 'a' }, generation: 1 });
    await expectCut(
      watches,
      () => change('stub', (cluster) => (cluster.spec.credential = { token: 'second-token-of-the-gateway' })),
      /cluster "stub" was changed or removed/,
    );
  });

  test('a new credential, and a new CA, are used from the next request on', async () => {
    expect(await statuses()).toEqual([200, 200]);
    expect(suite.world.upstream.lastAuthorization()).toBe('Bearer second-token-of-the-gateway');
    const other = await startStubApi();
    try {
      const before = await read('stub');
      await change('stub', ({ spec }) => {
        spec.server = `https://127.0.0.1:${other.port}`;
        spec.credential = { token: 'token-for-the-other' };
      });
      // Another server, and still the old authority: verified, and so refused.
      expect(await statuses()).toEqual([502, 502]);
      await change('stub', ({ spec }) => {
        spec.certificateAuthorityData = Buffer.from(other.caPem).toString('base64');
        spec.credential = { token: 'token-for-the-other' };
      });
      expect(await statuses()).toEqual([200, 200]);
      expect(other.lastAuthorization()).toBe('Bearer token-for-the-other');
      await change('stub', (cluster) => {
        cluster.spec = { ...before.spec, credential: { token: 'third-token-of-the-gateway' } };
      });
      expect(await statuses()).toEqual([200, 200]);
      expect(suite.world.upstream.lastAuthorization()).toBe('Bearer third-token-of-the-gateway');
    } finally {
      await other.stop();
    }
  });

  test('a cluster that is disabled refuses everybody, and is served again when enabled', async () => {
    const watches = await watchEverywhere();
    await expectCut(watches, () => change('stub', ({ spec }) => (spec.disabled = true)), /cluster "stub" was disabled/);
    const refused = await admin.send(PODS);
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining('disabled this cluster')]);
    expect(await statuses(`/clusters/stub${PODS}`)).toEqual([503, 503]);
    expect(await runCli(['cluster', 'list'], suite.world.environment)).toMatch(/stub .* disabled/);
    expect(await runCli(['cluster', 'enable', 'stub'], suite.world.environment)).toBe('cluster/stub enabled\n');
    await expect.poll(() => statuses(), { timeout: 5000 }).toEqual([200, 200]);
  });

  test('a rename takes mappings, rules and tokens along; what is open by the old name ends', async () => {
    const made = await admin.send('/-/me/tokens', {
      method: 'POST',
      body: JSON.stringify({ name: 'narrow', expiresInSeconds: 600, clusters: ['stub'] }),
    });
    const { token } = JSON.parse(made.body) as { token: string };
    const watches = await watchEverywhere();
    await expectCut(
      watches,
      () =>
        admin.send(`${OWN}/clusters/stub/rename`, {
          method: 'POST',
          body: JSON.stringify({ kind: 'ClusterRename', spec: { name: 'renamed' } }),
        }),
      /cluster "stub" was changed or removed/,
    );
    expect(await statuses(`/clusters/stub${PODS}`)).toEqual([404, 404]);
    expect(await statuses(`/clusters/renamed${PODS}`)).toEqual([200, 200]);
    // The default one still, its credential still sealed to it.
    expect(await statuses()).toEqual([200, 200]);
    expect(suite.world.upstream.lastAuthorization()).toBe('Bearer third-token-of-the-gateway');
    expect((await admin.send(`/clusters/renamed${PODS}`, { token })).status).toBe(200);
    const mapping = await admin.send(`${OWN}/mappings/people`);
    expect(JSON.parse(mapping.body)).toMatchObject({ spec: { clusters: ['renamed'] } });
    const records = JSON.parse((await admin.send(`${OWN}/auditevents?verb=create&resource=clusters`)).body) as {
      items: { annotations: Record<string, string> }[];
    };
    expect(records.items[0]?.annotations).toMatchObject({
      'gatehouse.dev/act': 'rename',
      'gatehouse.dev/formerly': 'stub',
      'gatehouse.dev/object': 'Cluster/renamed',
    });
    expect(await runCli(['cluster', 'rename', 'renamed', 'stub'], suite.world.environment)).toBe(
      'cluster/renamed renamed stub\n',
    );
    await expect.poll(() => statuses(`/clusters/stub${PODS}`), { timeout: 5000 }).toEqual([200, 200]);
  });

  test('a cluster that is deleted is nobody’s any more', async () => {
    const watches = await watchEverywhere();
    await expectCut(
      watches,
      () => admin.send(`${OWN}/clusters/stub`, { method: 'DELETE' }),
      /cluster "stub" was changed or removed/,
    );
    expect(await statuses(`/clusters/stub${PODS}`)).toEqual([404, 404]);
    expect(await runCli(['cluster', 'list'], suite.world.environment)).not.toContain('stub');
  });
});
