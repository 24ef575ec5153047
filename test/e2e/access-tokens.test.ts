import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { signIdToken } from '../support/identity-provider-tokens.ts';
import { createObject, deleteObject } from './own-objects.ts';
import { measureCut } from './measure-cut.ts';
import { openWatch } from './open-watch.ts';
import { AUDIT_EVENTS, type Event } from './read-gateway-log.ts';
import { kubectl } from './run-kubectl.ts';
import { send, type SendOptions } from './send-request.ts';
import { bothEngines, world, type GatewayView } from './world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';

interface Made {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: string;
}

async function call(gateway: GatewayView, method: string, target: string, token: string, body?: object) {
  const options: SendOptions = {
    method,
    token,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  };
  const answer = await send(gateway, target, options);
  return { status: answer.status, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as never) };
}

async function make(gateway: GatewayView, person: 'alice' | 'bob' | 'root', more: object = {}): Promise<Made> {
  const { idToken } = gateway.people[person];
  const answer = await call(gateway, 'POST', '/-/me/tokens', idToken, { name: 'test', expiresInSeconds: 600, ...more });
  expect(answer.status).toBe(201);
  return answer.body as unknown as Made;
}

describe.each(bothEngines())('access tokens on $engine', (gateway) => {
  const { alice, bob, root } = gateway.people;

  it.each([
    ['without an end', { name: 'x' }],
    ['with an end beyond what is allowed', { name: 'x', expiresInSeconds: 10 * 365 * 86_400 }],
    ['without a name', { expiresInSeconds: 600 }],
    ['narrowed by something unknown', { name: 'x', expiresInSeconds: 600, users: ['root'] }],
    ['narrowed to nothing', { name: 'x', expiresInSeconds: 600, verbs: [] }],
    ['with a line break in its name', { name: 'a\nb', expiresInSeconds: 600 }],
  ])('are not made %s', async (_what, body) => {
    expect((await call(gateway, 'POST', '/-/me/tokens', bob.idToken, body)).status).toBe(422);
  });

  it('do what their owner may and no more, are shown once, and end when they are revoked', async () => {
    const made = await make(gateway, 'bob');
    expect(made.token).toMatch(/^gth_[0-9A-Za-z]{33}$/);
    expect((await send(gateway, PODS, { token: made.token })).status).toBe(200);
    expect((await send(gateway, '/api/v1/namespaces/team-a/secrets', { token: made.token })).status).toBe(403);
    const listed = await send(gateway, '/-/me/tokens', { token: bob.idToken });
    expect(listed.body).toContain(made.id);
    expect(listed.body).not.toContain(made.token);
    expect((await send(gateway, `/-/me/tokens/${made.id}`, { token: alice.idToken })).status).toBe(404);
    expect((await call(gateway, 'DELETE', `/-/me/tokens/${made.id}`, alice.idToken)).status).toBe(404);
    const mistyped = `${made.token.slice(0, -1)}${made.token.endsWith('A') ? 'B' : 'A'}`;
    expect((await send(gateway, PODS, { token: mistyped })).status).toBe(401);
    expect((await call(gateway, 'DELETE', `/-/me/tokens/${made.id}`, bob.idToken)).status).toBe(204);
    expect((await send(gateway, PODS, { token: made.token })).status).toBe(401);
  });

  it('cannot make tokens, and reach the gateway’s own objects only where they name gatehouse', async () => {
    const wide = await make(gateway, 'root');
    const body = { name: 'x', expiresInSeconds: 60 };
    expect((await call(gateway, 'POST', '/-/me/tokens', wide.token, body)).status).toBe(403);
    expect((await send(gateway, `${OWN}/accessrules`, { token: wide.token })).status).toBe(403);
    const named = await make(gateway, 'root', { clusters: ['gatehouse'] });
    expect((await send(gateway, `${OWN}/accessrules`, { token: named.token })).status).toBe(200);
    expect((await send(gateway, PODS, { token: named.token })).status).toBe(403);
  });

  it('that are narrowed read who they are of, and do nothing else below /-/', async () => {
    const victim = await make(gateway, 'bob');
    for (const narrowing of [{ clusters: ['demo'] }, { verbs: ['get'] }, { resources: ['pods'] }]) {
      const { token } = await make(gateway, 'bob', narrowing);
      expect((await send(gateway, '/-/me', { token })).body).toContain('demo:bob');
      for (const [method, path, body] of [
        ['DELETE', `/-/me/tokens/${victim.id}`],
        ['GET', '/-/me/tokens'],
        ['PUT', '/-/me/upstream-tokens/demo', { token: 'x' }],
        ['DELETE', '/-/me/upstream-tokens/demo'],
        ['GET', '/-/me/sessions'],
        ['GET', '/-/me/kubeconfig?with=token'],
        ['POST', '/-/auth/logout'],
      ] as const) {
        const answer = await call(gateway, method, path, token, body);
        expect([method, path, answer.status]).toEqual([method, path, 403]);
        expect(JSON.stringify(answer.body)).toContain('this access token is narrowed');
      }
    }
    expect((await send(gateway, PODS, { token: victim.token })).status).toBe(200);
    const log = await send(gateway, `${AUDIT_EVENTS}?user=demo%3Abob&verb=delete`, { token: root.idToken });
    expect(log.body).toContain(`/-/me/tokens/${victim.id}`);
  });

  it('are narrowed by namespace, verb and resource, with kubectl too', async () => {
    const narrow = await make(gateway, 'alice', {
      namespaces: ['team-a'],
      verbs: ['get', 'list'],
      resources: ['pods'],
    });
    const through = (...args: string[]) =>
      kubectl(alice.kubeconfig, ['--token', narrow.token, '-n', 'team-a', ...args]);
    expect(await through('get', 'pods')).toMatchObject({ code: 0, stdout: expect.stringContaining('web') as string });
    expect(await through('get', 'services')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the access token is for the resources "pods" only') as string,
    });
    expect((await through('exec', 'web', '--', 'id')).code).toBe(1);
    expect((await send(gateway, '/api/v1/namespaces/team-b/pods', { token: narrow.token })).status).toBe(403);
    expect((await send(gateway, `${PODS}?watch=1`, { token: narrow.token })).status).toBe(403);
  });

  it('stand in the audit log by id, and an open watch of one is cut when it is revoked', async () => {
    const made = await make(gateway, 'bob');
    const watch = await openWatch(gateway, `${PODS}?watch=1&marker=${made.id}`, {
      authorization: `Bearer ${made.token}`,
    });
    await measureCut('revoked token', () => call(gateway, 'DELETE', `/-/me/tokens/${made.id}`, bob.idToken), watch);
    const log = await call(
      gateway,
      'GET',
      `${AUDIT_EVENTS}?user=demo%3Abob&verb=watch&limit=50`,
      gateway.people.carol.idToken,
    );
    const { items } = log.body as unknown as { items: Event[] };
    const event = items.find(({ requestURI }) => requestURI.includes(made.id));
    expect(event?.annotations).toMatchObject({
      'gatehouse.dev/abortCode': 'invalidCredential',
      'gatehouse.dev/abortReason': expect.stringContaining('access token') as string,
    });
    expect(JSON.stringify(event?.user)).toContain(`token:${made.id}`);
  });

  it('of a machine are made by an admin, act as the machine, and go with it', async () => {
    const identity = { kind: 'ServiceIdentity', name: `ci-${gateway.engine}` } as const;
    const target = `${OWN}/serviceidentities/${identity.name}/token`;
    const asked = { spec: { name: 'pipeline', expiresInSeconds: 600 } };
    expect((await createObject(gateway, { ...identity, spec: { groups: ['deployers'] } })).status).toBe(201);
    const user = `gatehouse:${identity.name}`;
    const rule = { kind: 'AccessRule', name: `ci-${gateway.engine}` } as const;
    const mapping = { kind: 'Mapping', name: `ci-${gateway.engine}` } as const;
    const subjects = [{ issuer: 'gatehouse', user }];
    await createObject(gateway, {
      ...rule,
      spec: {
        subjects,
        clusters: ['demo'],
        rules: [{ verbs: ['list', 'watch'], apiGroups: [''], resources: ['pods'], namespaces: ['team-a'] }],
      },
    });
    await createObject(gateway, {
      ...mapping,
      spec: {
        subjects,
        clusters: ['demo'],
        impersonate: { user: { value: 'demo:bob' }, groups: [{ value: 'demo:team-a-viewers' }] },
      },
    });
    try {
      expect((await call(gateway, 'POST', target, bob.idToken, asked)).status).toBe(403);
      const answer = await call(gateway, 'POST', target, root.idToken, asked);
      expect(answer.status).toBe(201);
      const { token } = (answer.body as unknown as { status: { token: string } }).status;
      expect((await send(gateway, PODS, { token })).status).toBe(200);
      expect((await send(gateway, '/-/me', { token })).body).toContain(user);
      const watch = await openWatch(gateway, `${PODS}?watch=1`, { authorization: `Bearer ${token}` });
      await measureCut('deleted service identity', () => deleteObject(gateway, identity), watch);
      expect((await send(gateway, PODS, { token })).status).toBe(401);
    } finally {
      await deleteObject(gateway, rule);
      await deleteObject(gateway, mapping);
    }
  });
});

describe.each(bothEngines())('what ends open streams on $engine', (gateway) => {
  const { bob, root } = gateway.people;
  const bearer = { authorization: `Bearer ${bob.idToken}` };
  const asRoot = (method: string, path: string, body?: object) =>
    call(gateway, method, `${OWN}/${path}`, root.idToken, body);

  it('a rule that no longer allows it, and others go on', async () => {
    const rule = { kind: 'AccessRule', name: 'e2e-cut' } as const;
    const rules = [{ verbs: ['list', 'watch'], apiGroups: [''], resources: ['configmaps'], namespaces: ['team-a'] }];
    const subjects = [{ issuer: 'demo', user: 'demo:alice' }];
    const denied = { subjects, clusters: ['demo'], effect: 'Deny', rules };
    const token = gateway.people.alice.idToken;
    const headers = { authorization: `Bearer ${token}` };
    const watch = await openWatch(gateway, '/api/v1/namespaces/team-a/configmaps?watch=1', headers);
    const other = await openWatch(gateway, `${PODS}?watch=1`, headers);
    let otherEnded = false;
    void other.ended.then(() => (otherEnded = true));
    try {
      await measureCut('denied by a new rule', () => createObject(gateway, { ...rule, spec: denied }), watch);
      expect(otherEnded).toBe(false);
    } finally {
      other.close();
      await deleteObject(gateway, rule);
    }
  });

  it('a person who is disabled: at once, with every credential, until enabled again', async () => {
    const watch = await openWatch(gateway, `${PODS}?watch=1`, bearer);
    const made = await make(gateway, 'bob');
    const users = (await asRoot('GET', 'users')).body as unknown as {
      items: { metadata: { name: string }; status: { username: string } }[];
    };
    const name = users.items.find(({ status }) => status.username === 'demo:bob')?.metadata.name;
    const update = (disabled: boolean) =>
      asRoot('PUT', `users/${name}`, { kind: 'User', spec: { disabled, reason: 'left the team' } });
    try {
      await measureCut('disabled person', () => update(true), watch);
      for (const token of [bob.idToken, made.token]) {
        const answer = await send(gateway, PODS, { token });
        expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('disabled')]);
      }
    } finally {
      expect((await update(false)).status).toBe(200);
    }
    expect((await send(gateway, PODS, { token: bob.idToken })).status).toBe(200);
  });

  it('the end of the ID token that opened it, within a second or so', async () => {
    const token = await signIdToken(world().identityProvider, 'bob', { expiresInSeconds: 4 });
    const { exp } = decodeJwt(token);
    const watch = await openWatch(gateway, `${PODS}?watch=1`, { authorization: `Bearer ${token}` });
    const late = (await watch.ended) - (exp as number) * 1000;
    console.log(`expired ID token: the far socket saw the end ${late} ms after it`);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(2500);
    expect((await send(gateway, PODS, { token })).status).toBe(401);
  });
});
