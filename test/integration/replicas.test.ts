/** Two gateways on one PostgreSQL: what is done at one is so at the other. Times are from the answer of the first. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type RunningGateway } from '../demo/start-gateway.ts';
import { findFreePort } from '../support/find-free-port.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { ask, watch, type SmallRequest } from '../support/small-client.ts';
import { logIn } from '../support/small-session.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-replica-'));
let postgres: TestPostgres;
let databaseUrl: string;
let one: SmallWorld;
let other: SmallWorld;
let second: RunningGateway;
let root: string;
let alice: string;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  const shared = {
    GATEHOUSE_CONFIG_FILE: '/dev/null',
    GATEHOUSE_DATABASE_URL: databaseUrl,
    GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEHOUSE_WORKERS: '1',
  };
  one = await startSmallWorld(shared);
  const port = await findFreePort();
  const environment = {
    ...shared,
    GATEHOUSE_LISTEN_PORT: String(port),
    GATEHOUSE_DATA_DIRECTORY: join(folder, 'data'),
    GATEHOUSE_METRICS_LISTEN: 'off',
  };
  second = await startGateway(environment, join(folder, 'gateway.log'));
  other = { ...one, port, ca: readFileSync(join(folder, 'data', 'tls', 'tls.crt')) };
  [root, alice] = await Promise.all([one.tokenOf('root'), one.tokenOf('alice')]);
});
afterAll(async () => {
  await second?.stop();
  await one?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const statusAt = async (world: SmallWorld, path: string, request: SmallRequest): Promise<number> =>
  (await ask(world, path, request)).status;
const json = (body: object): SmallRequest => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
async function change(method: string, path: string, body: SmallRequest = {}): Promise<string> {
  const answer = await ask(one, path, { ...body, method, token: root });
  expect(answer.status, answer.body).toBeLessThan(300);
  return answer.body;
}
/** How long until the other gateway answers so. */
async function sinceNow(what: string, withinMs: number, status: number, look: () => Promise<number>): Promise<void> {
  const startedAt = performance.now();
  while ((await look()) !== status) {
    if (performance.now() - startedAt > withinMs) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const tookMs = performance.now() - startedAt;
  console.log(`${what}: at the other gateway after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThan(withinMs);
}
const mapping = async (): Promise<object> => {
  const { metadata, ...rest } = JSON.parse((await ask(one, `${OWN}/mappings/everybody`, { token: root })).body) as {
    metadata: { name: string };
  };
  return { ...rest, metadata: { name: metadata.name } };
};

describe('within a second', () => {
  test('a session that began at one is one at the other, and ends there with its end', async () => {
    const headers = await logIn(one, 'alice');
    await sinceNow('a session', 1000, 200, () => statusAt(other, '/-/me', { headers }));
    const { body } = await ask(one, '/-/me/sessions', { headers });
    const found = JSON.parse(body) as { items?: { id: string }[] } & { id: string }[];
    const [session] = found.items ?? found;
    expect(await statusAt(one, `/-/me/sessions/${session?.id}`, { method: 'DELETE', headers })).toBeLessThan(300);
    await sinceNow('the end of a session', 1000, 401, () => statusAt(other, '/-/me', { headers }));
  });

  test('an access token is good at the other, and revoked there with its stream', async () => {
    const made = await ask(one, '/-/me/tokens', {
      ...json({ name: 'replica', expiresInSeconds: 600 }),
      method: 'POST',
      token: alice,
    });
    const { id, token } = JSON.parse(made.body) as { id: string; token: string };
    await sinceNow('a token', 1000, 200, () => statusAt(other, PODS, { token }));
    const stream = await watch(other, token, `${PODS}?watch=1`);
    expect(stream.status).toBe(200);
    const ended = new Promise((resolve) => stream.answer.once('close', resolve));
    expect(await statusAt(one, `/-/me/tokens/${id}`, { method: 'DELETE', token: alice })).toBe(204);
    await sinceNow('a revocation', 1000, 401, () => statusAt(other, PODS, { token }));
    const startedAt = performance.now();
    await ended;
    const lateMs = performance.now() - startedAt;
    console.log(`its stream at the other gateway ended ${Math.round(lateMs)} ms later`);
    expect(lateMs).toBeLessThan(1000);
  });

  test('a mapping that is deleted, and made again', async () => {
    const before = await mapping();
    await change('DELETE', `${OWN}/mappings/everybody`);
    await sinceNow('a mapping deleted', 1000, 403, () => statusAt(other, PODS, { token: alice }));
    await change('POST', `${OWN}/mappings`, json(before));
    await sinceNow('a mapping made', 1000, 200, () => statusAt(other, PODS, { token: alice }));
  });

  test('a person who is disabled', async () => {
    await ask(one, PODS, { token: alice });
    await expect.poll(async () => await change('GET', `${OWN}/users`), { timeout: 45_000 }).toContain('demo:alice');
    const { items } = JSON.parse(await change('GET', `${OWN}/users`)) as {
      items: { metadata: { name: string }; spec: object; status: { username: string } }[];
    };
    const user = items.find(({ status }) => status.username === 'demo:alice');
    const path = `${OWN}/users/${user?.metadata.name}`;
    await change('PUT', path, json({ ...user, spec: { disabled: true } }));
    await sinceNow('a person disabled', 1000, 403, () => statusAt(other, PODS, { token: alice }));
    await change('PUT', path, json({ ...user, spec: { disabled: false } }));
    await sinceNow('a person enabled', 1000, 200, () => statusAt(other, PODS, { token: alice }));
  });
});

test('of two changes at once at both gateways that would together leave no admin, one is refused', async () => {
  const rules = JSON.parse(await change('GET', `${OWN}/accessrules`)) as {
    items: { metadata: { name: string }; spec: { clusters: string[] } }[];
  };
  const admin = rules.items.find(({ spec }) => spec.clusters.includes('gatehouse'));
  const { metadata, ...rest } = admin as NonNullable<typeof admin>;
  const named = (name: string): object => ({ ...rest, metadata: { name } });
  const spare = `${metadata.name}-too`;
  await change('POST', `${OWN}/accessrules`, json(named(spare)));
  for (let round = 0; round < 10; round++) {
    const both = await Promise.all([
      statusAt(one, `${OWN}/accessrules/${metadata.name}`, { method: 'DELETE', token: root }),
      statusAt(other, `${OWN}/accessrules/${spare}`, { method: 'DELETE', token: root }),
    ]);
    expect(both.toSorted()).toEqual([200, 409]);
    await change('POST', `${OWN}/accessrules`, json(named(both[0] === 200 ? metadata.name : spare)));
    await sinceNow('a rule of admins', 1000, 200, () =>
      statusAt(other, `${OWN}/accessrules/${metadata.name}`, { token: root }),
    );
  }
  await change('DELETE', `${OWN}/accessrules/${spare}`);
});

test('within five seconds where no gateway can listen: each reads the revision again and again', async () => {
  const cut = (): Promise<unknown[]> =>
    runSql(
      { databaseUrl },
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse-listen'",
    );
  expect(await cut()).toHaveLength(2);
  const over = new AbortController();
  // They come back after two seconds; no notification arrives as long as each new connection is cut as well.
  const keepCutting = (async () => {
    while (!over.signal.aborted) {
      await cut();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  try {
    const before = await mapping();
    await change('DELETE', `${OWN}/mappings/everybody`);
    await sinceNow('without LISTEN, a mapping deleted', 5000, 403, () => statusAt(other, PODS, { token: alice }));
    await change('POST', `${OWN}/mappings`, json(before));
    await sinceNow('without LISTEN, a mapping made', 5000, 200, () => statusAt(other, PODS, { token: alice }));
  } finally {
    over.abort();
    await keepCutting;
  }
  expect(second.readLog()).toContain('polling goes on');
});
