import { createServer, type Server } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueServerCertificate } from '../cluster/issue-certificates.ts';
import { echoWebSocket } from '../cluster/echo-websocket.ts';
import { runCli } from '../demo/run-cli.ts';
import { admin } from './cluster-admin.ts';
import { clusterAs, createObjects, limitToDemo, type OwnObject } from './own-objects.ts';
import { openWebSocket } from './open-websocket.ts';
import { AUDIT_EVENTS } from './read-gateway-log.ts';
import { send } from './send-request.ts';
import { gatewayOn, readServerLog, world } from './world.ts';

const GROUP = 'operator.example.com';
const NAME = 'aggregated';
const CLUSTER = `/clusters/${NAME}`;
const PROXY = `/apis/${GROUP}/v1/proxy/namespaces`;
const PAGE = '/api/v1/namespaces/team-a/services/web/proxy/headers';
const gateway = gatewayOn('sqlite');
const { alice, bob, carol } = gateway.people;

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** As the API server tells an aggregated one. */
  readonly user: string;
}

/** An aggregated API such as mirrord's operator has: discovery, and a verb `proxy` for pages and WebSockets. */
async function serveAggregatedApi(seen: Seen[]): Promise<Server> {
  const authority = await createAuthority('aggregated');
  const { certPem, keyPem } = await issueServerCertificate(authority, [world().aggregatedApi.host], []);
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === `/apis/${GROUP}/v1`)
      return response.end(
        JSON.stringify({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${GROUP}/v1`, resources: [] }),
      );
    if (!request.url?.startsWith(PROXY)) return response.writeHead(404).end('{}');
    const { method, url, headers } = request;
    seen.push({ method, url, user: String(headers['x-remote-user']) });
    return response.end(JSON.stringify(seen.at(-1)));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    seen.push({ method: 'upgrade', url: request.url, user: String(request.headers['x-remote-user']) });
    echoWebSocket(request, socket as never, head);
  });
  await new Promise<void>((resolve) => server.listen(world().aggregatedApi.port, '127.0.0.1', resolve));
  return server;
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'operator', namespace: 'team-a' },
  spec: { type: 'ExternalName', externalName: world().aggregatedApi.host },
};
const apiService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `v1.${GROUP}` },
  spec: {
    group: GROUP,
    version: 'v1',
    groupPriorityMinimum: 1000,
    versionPriority: 10,
    insecureSkipTLSVerify: true,
    service: { namespace: 'team-a', name: 'operator', port: world().aggregatedApi.port },
  },
};
/** What the cluster itself gives these people; the verb of OPTIONS is in `*` alone. */
const RIGHTS = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: NAME },
    rules: [
      { apiGroups: [GROUP], resources: ['*'], verbs: ['*'] },
      { apiGroups: [''], resources: ['services/proxy'], verbs: ['*'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: NAME },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
    subjects: ['alice', 'bob', 'carol'].map((name) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'User',
      name: `demo:${name}`,
    })),
  },
];
const IN_CLUSTER = [service, apiService, ...RIGHTS];

const subject = (name: string) => ({ issuer: 'demo', user: `demo:${name}` });
const rule = (name: string, rules: object[]): OwnObject => ({
  kind: 'AccessRule',
  name: `${NAME}-${name}`,
  spec: { subjects: [subject(name)], clusters: [NAME], rules },
});
const OBJECTS: readonly OwnObject[] = [
  {
    kind: 'Mapping',
    name: NAME,
    spec: {
      subjects: ['alice', 'bob', 'carol'].map(subject),
      clusters: [NAME],
      impersonate: { user: { from: 'username' } },
    },
  },
  rule('alice', [
    { verbs: ['proxy'], apiGroups: [GROUP], resources: ['targets'], namespaces: ['team-a'] },
    { verbs: ['*'], apiGroups: [''], resources: ['services/proxy'], resourceNames: ['web'], namespaces: ['team-a'] },
  ]),
  rule('bob', [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['get', 'create', 'delete'], apiGroups: [''], resources: ['services/proxy'] },
    { methods: ['*'], paths: [`/apis/${GROUP}/**`, '/api/**'] },
  ]),
  rule('carol', [{ methods: ['OPTIONS'], paths: ['/api/v1/namespaces/team-a/services/web/proxy/**'] }]),
];

describe('the verb proxy of an aggregated API, and OPTIONS behind a proxy', () => {
  const seen: Seen[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const server = await serveAggregatedApi(seen);
    stops.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: IN_CLUSTER });
    await admin(['apply', '-f', '-'], list);
    stops.push(() => admin(['delete', '--ignore-not-found', '-f', '-'], list));
    await admin(['wait', '--for=condition=Available', '--timeout=50s', `apiservice/v1.${GROUP}`]);
    stops.push(await limitToDemo(gateway, 'demo-cluster-admins'));
    stops.push(await createObjects(gateway, [await clusterAs(NAME, `gatehouse-${NAME}`), ...OBJECTS]));
    await runCli(
      ['rbac', '--cluster', NAME, '--name', `gatehouse-${NAME}`, '--apply', '--kubeconfig', world().adminKubeconfig],
      gateway.environment,
    );
    stops.push(() =>
      admin(['delete', 'clusterroles,clusterrolebindings', '-l', `gatehouse.dev/rbac=gatehouse-${NAME}`]),
    );
    stops.push(() => admin(['delete', 'roles,rolebindings', '-A', '-l', `gatehouse.dev/rbac=gatehouse-${NAME}`]));
  }, 180_000);
  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('reaches it as the mapped person, where a rule names the verb', async () => {
    const target = `${PROXY}/team-a/targets/x?connect=true`;
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await send(gateway, `${CLUSTER}${target}`, { token: alice.idToken, method });
      expect(answer.status, answer.body).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ method, url: target, user: 'demo:alice' });
      expect(answer.headers['x-accel-buffering']).toBe('no');
    }
  });

  it('carries a WebSocket', async () => {
    const target = `${CLUSTER}${PROXY}/team-a/targets/x/session`;
    expect(await echoThrough(target, alice.idToken)).toMatchObject({ status: '101', echoed: 'hello' });
    expect(seen.at(-1)).toEqual({
      method: 'upgrade',
      url: `${PROXY}/team-a/targets/x/session`,
      user: 'demo:alice',
    });
  });

  it('is given by no wildcard and no path, and only where the rule says', async () => {
    const before = seen.length;
    for (const [token, namespace] of [
      [bob.idToken, 'team-a'],
      [carol.idToken, 'team-a'],
      [alice.idToken, 'team-b'],
    ] as const) {
      const target = `${CLUSTER}${PROXY}/${namespace}/targets/x`;
      const answer = await send(gateway, target, { token });
      expect(answer.status, answer.body).toBe(403);
      expect((JSON.parse(answer.body) as { message: string }).message).toContain(
        `cannot proxy resource "targets" in API group "${GROUP}" in the namespace "${namespace}"`,
      );
      expect((await echoThrough(target, token)).status).toBe('403');
    }
    const legacy = await send(gateway, `${CLUSTER}/api/v1/proxy/namespaces/team-a/pods/web`, { token: alice.idToken });
    expect(legacy.status).toBe(400);
    expect(seen).toHaveLength(before);
  });

  it('is recorded under its verb, before it is sent', async () => {
    const answer = await send(gateway, `${CLUSTER}${PROXY}/team-a/targets/recorded`, { token: alice.idToken });
    expect(answer.status).toBe(200);
    const log = await send(gateway, `${AUDIT_EVENTS}/${String(answer.headers['audit-id'])}`, {
      token: gateway.people.root.idToken,
    });
    expect(JSON.parse(log.body)).toMatchObject({
      verb: 'proxy',
      objectRef: { apiGroup: GROUP, resource: 'targets', namespace: 'team-a', name: 'recorded' },
    });
    expect(readServerLog().findLast(({ objectRef }) => objectRef?.name === 'recorded')).toMatchObject({
      verb: 'proxy',
      impersonatedUser: { username: 'demo:alice' },
    });
  });

  it('lets OPTIONS through to a pod where a rule gives every verb, or the method on that path', async () => {
    for (const { idToken: token } of [alice, carol]) {
      const answer = await send(gateway, `${CLUSTER}${PAGE}`, { token, method: 'OPTIONS' });
      expect(answer.status, answer.body).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ pod: 'team-a/web', method: 'OPTIONS' });
    }
  });

  it('answers OPTIONS with 405 everywhere else, and sends nothing', async () => {
    const sent = (): number => readServerLog().filter(({ verb }) => verb === '').length;
    const before = sent();
    for (const [target, token] of [
      [PAGE, bob.idToken],
      [PAGE.replace('web', 'other'), alice.idToken],
      [PAGE.replace('team-a', 'team-b'), carol.idToken],
      ['/api/v1/namespaces/team-a/pods', alice.idToken],
      ['/api/v1/namespaces/team-a/pods/web/exec', bob.idToken],
      [`${PROXY}/team-a/targets/x`, alice.idToken],
      ['/healthz', bob.idToken],
    ] as const) {
      const answer = await send(gateway, `${CLUSTER}${target}`, { token, method: 'OPTIONS' });
      expect([target, answer.status, JSON.parse(answer.body)]).toMatchObject([
        target,
        405,
        { kind: 'Status', reason: 'MethodNotAllowed' },
      ]);
    }
    expect(sent()).toBe(before);
  });

  it('needs what `gatehouse rbac` emits: without it the API server refuses both', async () => {
    const role = `gatehouse-${NAME}`;
    const { rules } = JSON.parse((await admin(['get', 'role', role, '-n', 'team-a', '-o', 'json'])).stdout) as {
      rules: { verbs: string[] }[];
    };
    const emitted = rules.flatMap(({ verbs }) => verbs);
    expect(emitted).toContain('impersonate-on:user-info:');
    expect(emitted).toContain('impersonate-on:user-info:proxy');
    const without = rules.map((entry) => ({
      ...entry,
      verbs: entry.verbs.filter((verb) => !/^impersonate-on:user-info:(?:proxy)?$/.test(verb)),
    }));
    const replace = (value: object): Promise<unknown> =>
      admin(['patch', 'role', role, '-n', 'team-a', '--type=json', '-p', patchOf(value)]);
    await replace(without.map((entry) => (entry.verbs.length > 0 ? entry : { ...entry, verbs: ['none'] })));
    try {
      const asked = [
        [`${PROXY}/team-a/targets/x`, 'GET'],
        [PAGE, 'OPTIONS'],
      ] as const;
      for (const [target, method] of asked)
        await expect
          // The API server keeps for some seconds what it decided.
          .poll(async () => (await send(gateway, `${CLUSTER}${target}`, { token: alice.idToken, method })).status, {
            timeout: 40_000,
            interval: 500,
          })
          .toBe(403);
    } finally {
      await replace(rules);
    }
  });
});

const patchOf = (value: object): string => JSON.stringify([{ op: 'replace', path: '/rules', value }]);

/** Opens a WebSocket, and sends one text frame where that is granted. */
async function echoThrough(target: string, token: string): Promise<{ status: string; echoed: string }> {
  const { head, socket } = await openWebSocket(gateway, target, [`Authorization: Bearer ${token}`]);
  const status = head.split(' ')[1] ?? '';
  let echoed = '';
  if (status === '101') {
    // `hello`, masked with zeroes.
    socket.write(Buffer.concat([Buffer.from([0x81, 0x85, 0, 0, 0, 0]), Buffer.from('hello')]));
    const frame = await new Promise<Buffer>((resolve) => void socket.once('data', resolve));
    echoed = frame.subarray(2).toString();
  }
  socket.destroy();
  return { status, echoed };
}
