/** Two workers on one port: what one is told, all obey; what all record is in one log. */
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../demo/run-cli.ts';
import { describeWorkers } from '../support/describe-workers.ts';
import {
  connectToEach,
  connectToWorker,
  countRecords,
  openWatch,
  servedBy,
  type OpenWatch,
  type WorkerConnection,
} from '../support/worker-clients.ts';
import { accessRule, manifest } from '../support/cli-samples.ts';

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const PODS = '/api/v1/namespaces/team-a/pods';
const DENY = accessRule('no-pods', {
  effect: 'Deny',
  subjects: [{ issuer: 'demo' }],
  clusters: ['stub'],
});

describeWorkers('a gateway of two workers', (suite) => {
  let first: WorkerConnection[];
  let second: WorkerConnection[];
  const all = (): WorkerConnection[] => [...first, ...second];
  const statuses = async (): Promise<number[]> =>
    await Promise.all(all().map(async (connection) => (await connection.send(PODS)).status));

  beforeAll(async () => {
    await suite.world.start();
    const found = await connectToEach(suite.world, ['1', '2'], 4);
    first = found.get('1') ?? [];
    second = found.get('2') ?? [];
  });

  test('a rule that was changed through one connection is obeyed on every other at once', async () => {
    for (const writer of [first[0], second[0], first[1]] as WorkerConnection[]) {
      expect(await writer.send(`${OWN}/accessrules`, { method: 'POST', body: DENY })).toMatchObject({ status: 201 });
      expect(await statuses()).toEqual(all().map(() => 403));
      expect(await writer.send(`${OWN}/accessrules/no-pods`, { method: 'DELETE' })).toMatchObject({ status: 200 });
      expect(await statuses()).toEqual(all().map(() => 200));
    }
  });

  test('of two changes at once that would together leave no admin, one is refused', async () => {
    const rule = (name: string, more: object = {}): string =>
      manifest('AccessRule', name, {
        subjects: [{ issuer: 'demo' }],
        clusters: ['gatehouse'],
        rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        ...more,
      });
    const [one, other] = [first[0], second[0]] as [WorkerConnection, WorkerConnection];
    expect(await one.send(`${OWN}/accessrules`, { method: 'POST', body: rule('own-too') })).toMatchObject({
      status: 201,
    });
    for (let round = 0; round < 10; round++) {
      const take = (by: WorkerConnection, name: string) =>
        round % 2 === 0
          ? by.send(`${OWN}/accessrules/${name}`, { method: 'DELETE' })
          : by.send(`${OWN}/accessrules/${name}`, { method: 'PUT', body: rule(name, { mode: 'Report' }) });
      const both = await Promise.all([take(one, 'own-all'), take(other, 'own-too')]);
      expect(both.map(({ status }) => status).toSorted(), JSON.stringify(both)).toEqual([200, 409]);
      for (const name of ['own-all', 'own-too']) {
        const put = await one.send(`${OWN}/accessrules/${name}`, { method: 'PUT', body: rule(name) });
        if (put.status === 404)
          expect(await one.send(`${OWN}/accessrules`, { method: 'POST', body: rule(name) })).toMatchObject({
            status: 201,
          });
      }
    }
    expect(await one.send(`${OWN}/accessrules/own-too`, { method: 'DELETE' })).toMatchObject({ status: 200 });
  });

  test('a rule that bin/gatehouse changed beside it reaches all workers', async () => {
    await runCli(['apply', '-f', '-'], suite.world.environment, DENY);
    await expect.poll(statuses, { timeout: 5_000 }).toEqual(all().map(() => 403));
    await first[0]?.send(`${OWN}/accessrules/no-pods`, { method: 'DELETE' });
    expect(await statuses()).toEqual(all().map(() => 200));
  });

  test('an access token that was revoked through one connection is refused on every other at once, and its streams end', async () => {
    const [writer] = second as [WorkerConnection];
    const made = await writer.send('/-/me/tokens', {
      method: 'POST',
      body: JSON.stringify({ name: 'short', expiresInSeconds: 600 }),
    });
    const { id, token } = JSON.parse(made.body) as { id: string; token: string };
    const ask = async () =>
      await Promise.all(all().map(async (connection) => (await connection.send(PODS, { token })).status));
    expect(await ask()).toEqual(all().map(() => 200));
    const watches = new Map<string, OpenWatch>();
    while (watches.size < 2) {
      const watch = await openWatch(suite.world, 'revoked', token);
      watches.set(await servedBy(writer, watch.auditId), watch);
    }
    expect(await writer.send(`/-/me/tokens/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await ask()).toEqual(all().map(() => 401));
    await Promise.all([...watches.values()].map((watch) => watch.ended));
  });

  test('after a burst over both the log has one record for each request', async () => {
    const sent = new Map<string, number>();
    await Promise.all(
      all().map(async (connection, at) => {
        for (let turn = 0; turn < 150; turn += 1) await connection.send('/api/v1/namespaces/burst/pods');
        const worker = at < first.length ? '1' : '2';
        sent.set(worker, (sent.get(worker) ?? 0) + 150);
      }),
    );
    // At once: who reads the log makes every worker save what it has.
    expect(await countRecords(first[0] as WorkerConnection, 'burst')).toEqual(sent);
  });

  test('a second gateway on the same port is refused, and says so once', async () => {
    const refusal = await suite.world.start().catch((error: unknown) => String(error));
    expect(refusal).toContain('gatehouse cannot start: listen EADDRINUSE');
    expect(String(refusal).match(/gatehouse cannot start/g)).toHaveLength(1);
    const newcomer = connectToWorker(suite.world);
    expect((await newcomer.send(PODS)).status).toBe(200);
    newcomer.close();
  });
});
