import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin } from './cluster-admin.ts';
import { grantTokens, makeDeployer, removeDeployer } from './deployer.ts';
import { clusterAs, createObjects, replaceObject, type OwnObject } from './own-objects.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, readServerLog } from './world.ts';

/**
 * carol, who has nothing in the cluster herself, acts there as the service account team-a/deployer. Its cluster is the
 * demo's under another name, with a credential (user gatehouse-accounts) that may ask for tokens and nothing else.
 */
const PODS = '/clusters/accounts/api/v1/namespaces/team-a/pods';
const SUBJECTS = [{ issuer: 'demo', user: 'demo:carol' }];
const mapping = (account: object): OwnObject => ({
  kind: 'Mapping',
  name: 'accounts-carol',
  spec: { subjects: SUBJECTS, clusters: ['accounts'], serviceAccount: account },
});
const RULE: OwnObject = {
  kind: 'AccessRule',
  name: 'accounts-carol',
  spec: {
    subjects: SUBJECTS,
    clusters: ['accounts'],
    rules: [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log', 'secrets'], namespaces: ['team-a'] },
      { verbs: ['get', 'create'], apiGroups: [''], resources: ['pods/exec'], namespaces: ['team-a'] },
      { verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version'] },
    ],
  },
};

const tokenRequests = (since: number) =>
  readServerLog().filter(
    (event) =>
      event.user.username === 'gatehouse-accounts' &&
      event.objectRef?.subresource === 'token' &&
      Date.parse(event.requestReceivedTimestamp) >= since,
  );

beforeAll(() => makeDeployer());
afterAll(() => removeDeployer());

describe.each(bothEngines())('a mapped service account on $engine', (gateway) => {
  let remove: () => Promise<void>;
  const carol = gateway.people.carol.idToken;
  beforeAll(async () => {
    await admin(['-n', 'team-a', 'delete', '--ignore-not-found', 'role/accounts-tokens']);
    remove = await createObjects(gateway, [
      await clusterAs('accounts', 'gatehouse-accounts'),
      RULE,
      mapping({ namespace: 'team-a', name: 'deployer' }),
    ]);
  });
  afterAll(() => remove());

  it('is a 502 that says which right the gateway lacks, and asks no token for a request that is denied', async () => {
    const since = Date.now();
    const denied = await send(gateway, `${PODS}/web`, { method: 'DELETE', token: carol });
    expect(denied.status).toBe(403);
    expect(tokenRequests(since)).toEqual([]);
    const refused = await send(gateway, PODS, { token: carol });
    expect(refused.status).toBe(502);
    expect(JSON.parse(refused.body)).toMatchObject({
      kind: 'Status',
      message: expect.stringContaining('lacks the right to create serviceaccounts/token'),
    });
    expect(tokenRequests(since)).toHaveLength(1);
  });

  it('speaks as the account, without Impersonate headers, after one TokenRequest of each worker for many requests', async () => {
    await grantTokens();
    // The refusal before is remembered for a moment.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const since = Date.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(gateway, PODS, { token: carol })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const asked = tokenRequests(since);
    // Each worker asks for itself, once.
    expect(asked.length).toBeLessThanOrEqual(Number(gateway.environment.GATEHOUSE_WORKERS));
    expect(asked).not.toEqual([]);
    const ids = new Set(answers.map(({ headers }) => headers['audit-id']));
    const arrived = readServerLog().filter((event) => ids.has(event.auditID));
    expect(arrived).toHaveLength(20);
    for (const event of arrived) {
      expect(event.user.username).toBe('system:serviceaccount:team-a:deployer');
      expect(event.impersonatedUser).toBeUndefined();
    }
    expect((await send(gateway, PODS.replace('pods', 'secrets'), { token: carol })).status).toBe(200);

    const own = await send(
      gateway,
      `/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/auditevents/${asked[0]?.auditID}`,
      {
        token: carol,
      },
    );
    expect(JSON.parse(own.body)).toMatchObject({
      verb: 'create',
      user: { username: 'gatehouse' },
      objectRef: { resource: 'serviceaccounts', subresource: 'token', namespace: 'team-a', name: 'deployer' },
      responseStatus: { code: 201 },
      annotations: { 'gatehouse.dev/cluster': 'accounts', 'gatehouse.dev/on-behalf-of': expect.any(String) },
    });
    const { 'gatehouse.dev/on-behalf-of': onBehalfOf } = (
      JSON.parse(own.body) as { annotations: Record<string, string> }
    ).annotations;
    expect(ids.has(onBehalfOf)).toBe(true);
  });

  it('serves exec and logs too, and is what /-/me says', async () => {
    const kubeconfig = join(gateway.directory, 'carol-accounts.kubeconfig');
    writeFileSync(
      kubeconfig,
      readFileSync(gateway.people.carol.kubeconfig, 'utf8').replace('/clusters/demo', '/clusters/accounts'),
      { mode: 0o600 },
    );
    const exec = await kubectl(kubeconfig, ['-n', 'team-a', 'exec', 'web', '--', 'echo', 'as-deployer']);
    expect(exec.stderr).toBe('');
    expect(exec.stdout).toBe('as-deployer\n');
    expect((await kubectl(kubeconfig, ['-n', 'team-a', 'logs', 'web', '--tail=1'])).code).toBe(0);
    const me = JSON.parse((await send(gateway, '/-/me', { token: carol })).body) as { clusters: { name: string }[] };
    expect(me.clusters.find(({ name }) => name === 'accounts')).toMatchObject({
      mode: 'serviceAccount',
      user: 'system:serviceaccount:team-a:deployer',
      mapping: 'accounts-carol',
    });
  });

  it('writes no token to a disk', () => {
    const files = readdirSync(gateway.directory, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const found = files.flatMap((file) =>
      subjectsOfTokens(readFileSync(join(file.parentPath, file.name), 'latin1')).filter((subject) =>
        subject.endsWith(':deployer'),
      ),
    );
    expect(found).toEqual([]);
    expect(subjectsOfTokens(gateway.daveUpstreamToken)).toEqual(['system:serviceaccount:team-a:dave']);
  });

  it('with an audience that the API server does not take is a 502 that says so, and one that it refuses too', async () => {
    const answer = await replaceObject(
      gateway,
      mapping({ namespace: 'team-a', name: 'deployer', audiences: ['somebody-else'] }),
    );
    expect(answer.status, answer.body).toBe(200);
    const refused = await send(gateway, PODS, { token: carol });
    expect(refused.status).toBe(502);
    expect(refused.body).toContain('audiences');
    await replaceObject(gateway, mapping({ namespace: 'team-a', name: 'gone' }));
    await admin(['-n', 'team-a', 'patch', 'role/accounts-tokens', '--type=json', '-p', NAME_GONE]);
    const absent = await send(gateway, PODS, { token: carol });
    expect(absent.status).toBe(502);
    expect(absent.body).toContain('there is no such account');
  });
});

const NAME_GONE = '[{"op":"add","path":"/rules/0/resourceNames/-","value":"gone"}]';

/** `sub` of every JWT in a text. */
function subjectsOfTokens(text: string): string[] {
  return [...text.matchAll(/eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+/g)].flatMap(([, payload]) => {
    try {
      return [(JSON.parse(Buffer.from(payload as string, 'base64url').toString()) as { sub: string }).sub];
    } catch {
      return [];
    }
  });
}
