/**
 * A logout costs other people nothing. Two processes share one database; root has open streams at each, and alice's
 * sessions and tokens end.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../demo/start-gateway.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask, watch } from '../support/small-client.ts';
import { logIn } from '../support/small-session.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const READS = 'gatehouse_configuration_reads_total';
const JUDGEMENTS = 'gatehouse_stream_judgements_total';
const PODS = '/api/v1/namespaces/team-a/pods';
const WATCH = `${PODS}?watch=1`;
const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const STREAMS = 10;
/** Every process also judges all streams every 30 s; of several rounds at least one is free of that. */
const ROUNDS = 4;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

interface Two {
  /** Receives all changes. `all` has every process that must learn of them. */
  readonly one: SmallWorld;
  readonly all: readonly SmallWorld[];
  stop(): Promise<void>;
}

/** Two workers of one gateway; the kernel gives each of them some of the connections. */
async function startWorkers(): Promise<Two> {
  const one = await startSmallWorld({ GATEHOUSE_WORKERS: '2' });
  return { one, all: [one], stop: () => one.stop() };
}

async function startReplicas(): Promise<Two> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-replica-'));
  const shared = {
    GATEHOUSE_CONFIG_FILE: '/dev/null',
    GATEHOUSE_DATABASE_URL: await postgres.createDatabase(),
    GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEHOUSE_WORKERS: '1',
  };
  const one = await startSmallWorld(shared);
  const [port, metrics] = [await findFreePort(), await findFreePort()];
  const second = await startGateway(
    {
      ...shared,
      GATEHOUSE_LISTEN_PORT: String(port),
      GATEHOUSE_DATA_DIRECTORY: join(folder, 'data'),
      GATEHOUSE_METRICS_LISTEN: `127.0.0.1:${metrics}`,
    },
    join(folder, 'gateway.log'),
  );
  const other = {
    ...one,
    port,
    ca: readFileSync(join(folder, 'data', 'tls', 'tls.crt')),
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
  };
  return {
    one,
    all: [one, other],
    async stop() {
      await second.stop();
      await one.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe.each([
  ['two workers on SQLite', startWorkers],
  ['two replicas on PostgreSQL', startReplicas],
])('%s', (_what, start) => {
  let two: Two;
  let root: string;
  let alice: string;
  const stops: (() => void)[] = [];

  beforeAll(async () => {
    two = await start();
    [root, alice] = await Promise.all([two.one.tokenOf('root'), two.one.tokenOf('alice')]);
    for (const world of two.all)
      for (let at = 0; at < STREAMS; at++) {
        const stream = await watch(world, root, WATCH);
        expect(stream.status).toBe(200);
        stops.push(stream.stop);
      }
  });
  afterAll(async () => {
    for (const stop of stops) stop();
    await two?.stop();
  });

  interface Counted {
    readonly reads: number;
    readonly judgements: number;
  }
  const least = (rounds: readonly Counted[]): Counted => ({
    reads: Math.min(...rounds.map(({ reads }) => reads)),
    judgements: Math.min(...rounds.map(({ judgements }) => judgements)),
  });

  /** How often the configuration was read, and a stream judged, in all processes, while this was done. */
  async function countDuring(act: () => Promise<unknown>): Promise<Counted> {
    const count = async (): Promise<readonly [number, number]> => {
      const pages = await Promise.all(two.all.map(({ metricsUrl }) => readMetrics(metricsUrl)));
      const sum = (name: string): number => pages.reduce((total, page) => total + valueOf(page, name), 0);
      return [sum(READS), sum(JUDGEMENTS)];
    };
    const before = await count();
    await act();
    const after = await count();
    return { reads: after[0] - before[0], judgements: after[1] - before[1] };
  }

  /** Opens a stream at every process; the returned function waits until all of them have been cut. */
  async function openAs(token: string): Promise<() => Promise<unknown>> {
    const opened = await Promise.all(two.all.map((world) => watch(world, token, WATCH)));
    for (const { status } of opened) expect(status).toBe(200);
    const ended = opened.map(({ answer }) => new Promise((resolve) => answer.once('close', resolve)));
    return () => Promise.all(ended);
  }

  async function makeToken(): Promise<{ id: string; token: string }> {
    const made = await ask(two.one, '/-/me/tokens', {
      method: 'POST',
      token: alice,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'mine', expiresInSeconds: 600 }),
    });
    expect(made.status, made.body).toBe(201);
    return JSON.parse(made.body) as { id: string; token: string };
  }

  test('a logout reads no configuration and judges nobody’s streams', async () => {
    const rounds: Counted[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const headers = await logIn(two.one, 'alice');
      for (const world of two.all) expect((await ask(world, '/-/me', { headers })).status).toBe(200);
      const counted = await countDuring(async () => {
        const out = await ask(two.one, '/-/auth/logout', { method: 'POST', headers });
        expect(out.status, out.body).toBeLessThan(400);
        for (const world of two.all)
          await expect.poll(async () => (await ask(world, '/-/me', { headers })).status).toBe(401);
      });
      rounds.push(counted);
    }
    expect(least(rounds)).toEqual({ reads: 0, judgements: 0 });
  });

  test('a token that is revoked cuts its own streams, everywhere, and nobody else is judged', async () => {
    const rounds: Counted[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { id, token } = await makeToken();
      const cut = await openAs(token);
      const counted = await countDuring(async () => {
        expect((await ask(two.one, `/-/me/tokens/${id}`, { method: 'DELETE', token: alice })).status).toBe(204);
        await cut();
      });
      rounds.push(counted);
    }
    expect(least(rounds)).toEqual({ reads: 0, judgements: two.all.length });
  });

  test('a person who is disabled loses streams and requests, everywhere, and nobody else is judged', async () => {
    const { token } = await makeToken();
    await expect
      .poll(async () => (await ask(two.one, `${OWN}/users`, { token: root })).body, { timeout: 45_000 })
      .toContain('demo:alice');
    const { items } = JSON.parse((await ask(two.one, `${OWN}/users`, { token: root })).body) as {
      items: { metadata: { name: string }; spec: object; status: { username: string } }[];
    };
    const user = items.find(({ status }) => status.username === 'demo:alice');
    const set = async (disabled: boolean): Promise<void> => {
      const answer = await ask(two.one, `${OWN}/users/${user?.metadata.name}`, {
        method: 'PUT',
        token: root,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...user, spec: { disabled } }),
      });
      expect(answer.status, answer.body).toBe(200);
    };
    const rounds: Counted[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const cut = await Promise.all([openAs(token), openAs(alice)]);
      const counted = await countDuring(async () => {
        await set(true);
        await Promise.all(cut.map((ended) => ended()));
        for (const world of two.all)
          for (const credential of [token, alice])
            await expect.poll(async () => (await ask(world, PODS, { token: credential })).status).toBe(403);
      });
      rounds.push(counted);
      await set(false);
      for (const world of two.all)
        await expect.poll(async () => (await ask(world, PODS, { token: alice })).status).toBe(200);
    }
    expect(least(rounds)).toEqual({ reads: 0, judgements: 2 * two.all.length });
  });

  test('a rule that changes is read, and everybody is judged by it', async () => {
    const rule = {
      apiVersion: 'gatehouse.dev/v1alpha1',
      kind: 'AccessRule',
      metadata: { name: 'no-secrets' },
      spec: {
        subjects: [{ issuer: 'demo' }],
        clusters: ['*'],
        effect: 'Deny',
        rules: [{ verbs: ['*'], apiGroups: [''], resources: ['secrets'] }],
      },
    };
    const counted = await countDuring(async () => {
      const made = await ask(two.one, `${OWN}/accessrules`, {
        method: 'POST',
        token: root,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(rule),
      });
      expect(made.status, made.body).toBe(201);
      for (const world of two.all)
        await expect
          .poll(async () => (await ask(world, '/api/v1/namespaces/team-a/secrets', { token: alice })).status)
          .toBe(403);
    });
    expect(counted.reads).toBeGreaterThan(0);
    await expect
      .poll(async () => (await countDuring(async () => {})).judgements + counted.judgements)
      .toBeGreaterThanOrEqual(STREAMS);
  });
});
