/** Mappings whose subjects are expressions over claims: by real tokens, as the API server's own audit log has it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIdToken } from '../support/identity-provider-tokens.ts';
import { tryCli } from '../demo/run-cli.ts';
import { admin, letImpersonate } from './cluster-admin.ts';
import { openWatch } from './open-watch.ts';
import { clusterAs, createObject, createObjects, deleteObject, replaceObject, type OwnObject } from './own-objects.ts';
import { send } from './send-request.ts';
import { bothEngines, readServerLog, world } from './world.ts';

const CLUSTER = 'expressions';
const GATEWAY_USER = 'gatehouse-expressions';
const OPS = "claims.department == 'ops'";
/** Promised within a second; asserted at five times that. */
const CUT_WITHIN_MS = 5_000;

const as = (name: string, subject: object): OwnObject => ({
  kind: 'Mapping',
  name: `expressions-${name}`,
  spec: {
    subjects: [{ issuer: 'demo', ...subject }],
    clusters: [CLUSTER],
    impersonate: { user: { value: `as-${name}` } },
  },
});
const RULES: OwnObject = {
  kind: 'AccessRule',
  name: 'expressions',
  spec: {
    subjects: [{ issuer: 'demo' }, { issuer: 'gatehouse' }],
    clusters: [CLUSTER],
    rules: [
      { verbs: ['get'], nonResourceURLs: ['/version'] },
      { verbs: ['watch', 'list'], apiGroups: [''], resources: ['configmaps'], namespaces: ['team-a'] },
    ],
  },
};
const OBJECTS = 'clusterrole,clusterrolebinding';
beforeAll(async () => {
  await letImpersonate(GATEWAY_USER, 'users');
  await admin(['create', 'clusterrolebinding', 'expressions-view', '--clusterrole=view', '--user=as-ops']);
});
afterAll(async () => void (await admin(['delete', OBJECTS, GATEWAY_USER, 'expressions-view', '--ignore-not-found'])));

describe.each(bothEngines())('a mapping for whom an expression holds, on $engine', (gateway) => {
  let remove: () => Promise<void>;
  beforeAll(async () => {
    remove = await createObjects(gateway, [
      await clusterAs(CLUSTER, GATEWAY_USER),
      RULES,
      as('ops', { expression: OPS }),
      as('auditors', { group: 'demo:auditors', expression: "claims.level == '3'" }),
      as('other-roles', { expression: "'ops' in claims.realm_access.roles" }),
    ]);
  });
  afterAll(() => remove());

  const tokenOf = (claims: Record<string, unknown>): Promise<string> =>
    signIdToken(world().identityProvider, 'alice', { claims });
  let asked = 0;
  async function ask(token: string): Promise<{ status: number; body: string; arrivedAs: string | undefined }> {
    const target = `/version?expressions=${gateway.engine}-${asked++}`;
    const { status, body } = await send(gateway, `/clusters/${CLUSTER}${target}`, { token });
    const arrived = readServerLog().find(({ requestURI }) => requestURI === target)?.impersonatedUser;
    return { status, body, arrivedAs: (arrived as { username?: string } | undefined)?.username };
  }

  it.each<[string, Record<string, unknown>]>([
    ['whose claim is another', { department: 'dev' }],
    ['without the claim', {}],
    ['whose claim is a list', { department: ['ops'] }],
    ['whose claim only looks alike', { department: 'ops ' }],
    ['who brings half of what is asked', { groups: ['auditors'] }],
  ])('is none for a person %s, and nothing is sent', async (_what, claims) => {
    const { status, body, arrivedAs } = await ask(await tokenOf(claims));
    expect([status, arrivedAs]).toEqual([403, undefined]);
    expect(body).toContain('no mapping gives');
  });

  it('is refused at save with the place and the fault, and warned of where it picks everybody', async () => {
    const bad = await createObject(gateway, as('bad', { expression: 'claims.department = "ops"' }));
    expect(bad.status).toBe(422);
    expect(bad.body).toContain('spec.subjects[0].expression');
    const slow = await createObject(gateway, as('slow', { expression: 'claims.a.exists(x, x in claims.b)' }));
    expect([slow.status, slow.body]).toEqual([422, expect.stringContaining('inside a loop')]);
    const machines = await createObject(gateway, as('machines', { issuer: 'gatehouse', expression: OPS }));
    expect([machines.status, machines.body]).toEqual([
      422,
      expect.stringContaining('service identities have no claims'),
    ]);
    const wide = as('zz-wide', { expression: 'has(claims.sub)' });
    const answer = await createObject(gateway, wide);
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toContain('may pick everybody of the issuer');
    await deleteObject(gateway, wide);
  });

  it('speaks for the person, is shown, and stands before one for everybody and behind a group', async () => {
    const ops = await tokenOf({ department: 'ops' });
    expect(await ask(ops)).toMatchObject({ status: 200, arrivedAs: 'as-ops' });
    expect(await ask(await tokenOf({ realm_access: { roles: ['dev', 'ops'] } }))).toMatchObject({
      arrivedAs: 'as-other-roles',
    });
    const both = await tokenOf({ department: 'ops', groups: ['auditors'], level: '3' });
    expect(await ask(both)).toMatchObject({ arrivedAs: 'as-auditors' });
    const me = JSON.parse((await send(gateway, '/-/me', { token: ops })).body) as { clusters: { name: string }[] };
    expect(me.clusters.find(({ name }) => name === CLUSTER)).toMatchObject({
      user: 'as-ops',
      mapping: 'expressions-ops',
    });
  });

  it('speaks for an access token by the claims of its owner', async () => {
    const owner = await tokenOf({ department: 'ops' });
    const body = JSON.stringify({ name: 'expressions', expiresInSeconds: 600 });
    const headers = { 'content-type': 'application/json' };
    const made = await send(gateway, '/-/me/tokens', { method: 'POST', token: owner, headers, body });
    expect(made.status, made.body).toBe(201);
    const { token } = JSON.parse(made.body) as { token: string };
    expect(await ask(token)).toMatchObject({ status: 200, arrivedAs: 'as-ops' });
  });

  it('is explained, with the mappings that cannot be judged', async () => {
    const token = await tokenOf({ department: 'ops' });
    const { stdout, stderr } = await tryCli(
      ['policy', 'explain', '--cluster', CLUSTER, '--token-file', '-', '--', 'GET', '/version'],
      gateway.environment,
      token,
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('expressions-ops: the gateway speaks for as-ops');
    expect(stdout).toContain(
      'not expressions-other-roles, whose expression cannot be judged: No such key: realm_access',
    );
  });

  it('cuts the watch of a person for whom it holds no more', async () => {
    const watch = await openWatch(gateway, `/clusters/${CLUSTER}/api/v1/namespaces/team-a/configmaps?watch=1`, {
      authorization: `Bearer ${await tokenOf({ department: 'ops' })}`,
    });
    const startedAt = Date.now();
    expect((await replaceObject(gateway, as('ops', { expression: "claims.department == 'none'" }))).status).toBe(200);
    const cutAfterMs = (await watch.ended) - startedAt;
    console.log(`${gateway.engine}: a watch was cut ${cutAfterMs} ms after its expression had changed`);
    expect(cutAfterMs).toBeLessThan(CUT_WITHIN_MS);
    expect((await replaceObject(gateway, as('ops', { expression: OPS }))).status).toBe(200);
  });
});
