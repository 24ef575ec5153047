/** Which requests have their record in the database before the cluster sees them, as configured; on the built gateway. */
import { afterEach, expect, test } from 'vitest';
import { runSql } from '../support/run-sql.ts';
import { ask, until } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const TEAM = '/api/v1/namespaces/team-a';
const CLIENT = 'record-first';
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const ALL = JSON.stringify([
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { methods: ['*'], paths: ['/**'] },
]);
const NARROWED = /audit\.recordFirst holds less than its default/g;

let world: SmallWorld;
afterEach(() => world?.stop());

/** `verb resource/subresource stage` of what is in the database while the cluster holds all of these. */
async function recordedWhileHeld(requests: readonly (readonly [method: string, path: string])[]): Promise<string[]> {
  const token = await world.tokenOf('alice');
  world.upstream.hold();
  const answers = requests.map(([method, path]) =>
    ask(world, path, {
      token,
      method,
      headers: { 'content-type': 'application/json', 'user-agent': CLIENT },
      body: method.startsWith('P') ? '{}' : '',
    }),
  );
  // The gateway's own questions are held as well.
  const arrived = () => world.upstream.received.filter(({ headers }) => headers['user-agent'] === CLIENT).length;
  await until(() => arrived() === requests.length);
  const rows = (await runSql(
    { sqlitePath: world.sqlitePath },
    "SELECT verb, resource, subresource, stage FROM audit_events WHERE completed_at_ms IS NULL AND username = 'demo:alice' ORDER BY 1, 2, 3",
  )) as { verb: string; resource: string; subresource: string; stage: string }[];
  world.upstream.release();
  await Promise.all(answers);
  expect(await world.auditRows("completed_at_ms IS NULL AND username = 'demo:alice'")).toEqual([]);
  return rows.map(({ verb, resource, subresource, stage }) => `${verb} ${resource}/${subresource} ${stage}`);
}

test('writes, reads of Secrets and what is proxied by another method than GET have theirs; reads and self reviews have not', async () => {
  world = await startSmallWorld({ GATEHOUSE_WORKERS: '1' });
  expect(
    await recordedWhileHeld([
      ['GET', `${TEAM}/pods`],
      ['GET', `${TEAM}/configmaps/c`],
      ['POST', REVIEWS],
      ['GET', '/version'],
      ['POST', `${TEAM}/pods`],
      ['PATCH', `${TEAM}/pods/p`],
      ['DELETE', `${TEAM}/pods/p`],
      ['DELETE', `${TEAM}/pods`],
      ['GET', `${TEAM}/secrets`],
      ['GET', `${TEAM}/secrets/s`],
      ['POST', `${TEAM}/services/s/proxy/x`],
      ['POST', `${TEAM}/pods/p/exec?command=id`],
    ]),
  ).toEqual([
    'create pods/ RequestReceived',
    'create pods/exec RequestReceived',
    'create services/proxy RequestReceived',
    'delete pods/ RequestReceived',
    'deletecollection pods/ RequestReceived',
    'get secrets/ RequestReceived',
    'list secrets/ RequestReceived',
    'patch pods/ RequestReceived',
  ]);
  expect(world.gateway.readLog()).not.toMatch(NARROWED);
});

test('configured to hold everything, every request has its record, without a warning', async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_AUDIT_RECORD_FIRST: ALL,
    GATEHOUSE_AUDIT_RECORD_FIRST_EXCEPT: '[]',
  });
  expect(
    await recordedWhileHeld([
      ['GET', `${TEAM}/pods`],
      ['GET', '/version'],
      ['POST', REVIEWS],
    ]),
  ).toEqual([
    'create selfsubjectaccessreviews/ RequestReceived',
    'get / RequestReceived',
    'list pods/ RequestReceived',
  ]);
  expect(world.gateway.readLog()).not.toMatch(/"level":"warn".*recordFirst/);
});

test('configured to hold less, it says so once at each start', async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '2',
    GATEHOUSE_AUDIT_RECORD_FIRST: JSON.stringify([{ verbs: ['delete'], apiGroups: ['*'], resources: ['*'] }]),
  });
  expect(
    await recordedWhileHeld([
      ['POST', `${TEAM}/pods`],
      ['DELETE', `${TEAM}/pods/p`],
    ]),
  ).toEqual(['delete pods/ RequestReceived']);
  expect(world.gateway.readLog().match(NARROWED)).toHaveLength(1);
});
