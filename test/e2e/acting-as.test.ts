import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tryCli } from '../demo/run-cli.ts';
import { AS, CONSENT, MAPPINGS, MAY, ONLY_ALICE, SUBJECTS } from './acting-as-objects.ts';
import { clusterAs, createObjects, replaceObject } from './own-objects.ts';
import { AUDIT_EVENTS, note, type Event } from './read-gateway-log.ts';
import { admin } from './cluster-admin.ts';
import { kubectl, spawnKubectl, waitForOutput } from './run-kubectl.ts';
import { send, type Answer } from './send-request.ts';
import { bothEngines, readServerLog, world } from './world.ts';

const PODS = '/clusters/acting/api/v1/namespaces/team-a/pods';

beforeAll(async () => {
  await admin(['apply', '-f', '-'], JSON.stringify(CONSENT));
  await admin(['create', 'clusterrolebinding', 'acting-alice', '--clusterrole=acting-alice', '--user=demo:alice']);
});
afterAll(async () => {
  await admin(['delete', 'clusterrole,clusterrolebinding', 'acting-alice']);
  await admin(['delete', 'clusterroles,clusterrolebindings', '-l', 'gatehouse.dev/rbac=acting']);
  await admin(['delete', 'roles,rolebindings', '-A', '-l', 'gatehouse.dev/rbac=acting']);
});

describe.each(bothEngines())('kubectl --as on $engine', (gateway) => {
  const alice = gateway.people.alice.idToken;
  const OPERATOR = ['Impersonate-User', 'demo:operator', 'Impersonate-Group', 'demo:team-a-admins'];
  let remove: () => Promise<void>;
  let kubeconfig: string;
  const ask = (headers: readonly string[], target = PODS, token = alice): Promise<Answer> =>
    send(gateway, target, { token, headers });
  const seen = (answer: Answer) => readServerLog().filter(({ auditID }) => auditID === answer.headers['audit-id']);
  const recorded = async (answer: Answer): Promise<Event> => {
    const read = await send(gateway, `${AUDIT_EVENTS}/${String(answer.headers['audit-id'])}`, {
      token: gateway.people.carol.idToken,
    });
    return JSON.parse(read.body) as Event;
  };
  const applyRbac = () =>
    tryCli(
      ['rbac', '--cluster', 'acting', '--name', 'acting', '--apply', '--kubeconfig', world().adminKubeconfig],
      gateway.environment,
    );

  beforeAll(async () => {
    remove = await createObjects(gateway, [
      await clusterAs('acting', 'gatehouse-acting'),
      ...MAPPINGS,
      MAY,
      ONLY_ALICE,
      AS,
    ]);
    const applied = await applyRbac();
    expect(applied.code, applied.stderr).toBe(0);
    kubeconfig = join(gateway.directory, 'alice-acting.kubeconfig');
    writeFileSync(
      kubeconfig,
      readFileSync(gateway.people.alice.kubeconfig, 'utf8').replace('/clusters/demo', '/clusters/acting'),
      { mode: 0o600 },
    );
  });
  afterAll(() => remove());

  it.each([
    ['groups without a user', ['Impersonate-Group', 'demo:team-a-admins'], 400],
    ['an empty user', ['Impersonate-User', ''], 400],
    ['an empty user and groups', ['Impersonate-User', '', 'Impersonate-Group', 'demo:team-a-admins'], 400],
    ['two users', ['Impersonate-User', 'demo:operator', 'IMPERSONATE-USER', 'demo:operator'], 400],
    ['a header that is not known', [...OPERATOR, 'Impersonate-Everything', 'yes'], 400],
    ['a Connection that names the user', [...OPERATOR, 'Connection', 'close, impersonate-user'], 400],
    ['a Connection that names the group', [...OPERATOR, 'Connection', 'Impersonate-Group'], 400],
    ['a user whom no rule gives', ['Impersonate-User', 'demo:stranger'], 403],
    ['a group whom no rule gives', [...OPERATOR, 'Impersonate-Group', 'demo:cluster-admins'], 403],
    ['groups joined in one line', ['Impersonate-User', 'demo:operator', 'Impersonate-Group', 'demo:a,demo:b'], 403],
    ['system:masters', [...OPERATOR, 'Impersonate-Group', 'system:masters'], 403],
    ['a user of the cluster itself', ['Impersonate-User', 'system:kube-controller-manager'], 403],
    ['another account', ['Impersonate-User', 'system:serviceaccount:team-a:default'], 403],
    ['an account of another namespace', ['Impersonate-User', 'system:serviceaccount:team-b:dave'], 403],
    ['a uid that no rule gives', [...OPERATOR, 'Impersonate-Uid', '8'], 403],
    ['an extra that no rule gives', [...OPERATOR, 'Impersonate-Extra-Scopes', 'all'], 403],
    ['another value of an extra', [...OPERATOR, 'Impersonate-Extra-Example.com%2fTicket', 'T-3'], 403],
    [
      'the name of who acts, which is the gateway’s to say',
      [...OPERATOR, 'Impersonate-Extra-Gatehouse.dev%2Foriginal-User', 'demo:root'],
      403,
    ],
  ] as const)('refuses %s, and sends nothing', async (_what, headers, status) => {
    const since = Date.now();
    const answer = await ask(headers);
    expect(answer.status, answer.body).toBe(status);
    expect(seen(answer)).toEqual([]);
    const asked = readServerLog().filter(
      ({ user, requestReceivedTimestamp, requestURI }) =>
        user.username === 'gatehouse-acting' &&
        // What the gateway asks for itself (its rights, whether the cluster is there) has a time of its own.
        PODS.endsWith(requestURI) &&
        Date.parse(requestReceivedTimestamp) >= since,
    );
    expect(asked).toEqual([]);
    expect(note(await recorded(answer), 'decision')).toMatch(/^(refused|deny)$/);
  });

  it('refuses what the person may not, and what the other one may not', async () => {
    const target = '/clusters/acting/api/v1/namespaces/kube-system/pods';
    expect((await ask(OPERATOR, target)).body).toContain('demo:alice');
    const other = await ask(OPERATOR, '/clusters/acting/api/v1/nodes');
    expect(other.status).toBe(403);
    expect(other.body).toContain('demo:operator');
    expect(note(await recorded(other), 'decision')).toBe('deny');
    expect((await ask([], '/clusters/acting/api/v1/namespaces/team-b/pods')).body).not.toContain('access rule');
  });

  it('refuses what the cluster’s own RBAC does not let the person', async () => {
    const answer = await ask(['Impersonate-User', 'demo:unheard-of']);
    // Nobody of that name passes the access rules, which are asked before the cluster is.
    expect(answer.body).toContain('demo:unheard-of');
    await replaceObject(gateway, {
      ...MAY,
      spec: { ...MAY.spec, subjects: [...SUBJECTS, { issuer: 'demo', user: 'demo:unheard-of' }] },
    });
    const refused = await ask(['Impersonate-User', 'demo:unheard-of']);
    await replaceObject(gateway, MAY);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('itself does not let');
    expect(seen(refused)).toEqual([]);
  });

  it('refuses with a token, and on the gateway’s own objects', async () => {
    const token = await ask(OPERATOR, PODS, gateway.people.bob.idToken);
    expect(token.status).toBe(403);
    expect(token.body).toContain('with a token nobody acts as somebody else');
    const stored = await send(gateway, '/api/v1/namespaces/team-a/pods', {
      token: gateway.people.dave.idToken,
      headers: OPERATOR,
    });
    expect(stored.status).toBe(403);
    const own = await ask(OPERATOR, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings');
    expect(own.status).toBe(403);
  });

  it('keeps the old refusal where no rule gives it, whatever else a rule gives', async () => {
    const root = await send(gateway, '/api/v1/namespaces/team-a/pods', {
      token: gateway.people.root.idToken,
      headers: OPERATOR,
    });
    expect(root.status).toBe(403);
    expect(root.body).toContain('no access rule allows it');
  });

  it('acts as the other one, names the person, and asks the cluster once for many requests', async () => {
    const since = Date.now();
    const answers = [await ask(OPERATOR), await ask(OPERATOR), await ask(OPERATOR)];
    for (const answer of answers) {
      expect(answer.status, answer.body).toBe(200);
      const [event] = seen(answer);
      expect(event?.user.username).toBe('gatehouse-acting');
      expect(event?.impersonatedUser).toEqual({
        username: 'demo:operator',
        groups: ['demo:team-a-admins', 'system:authenticated'],
        extra: { 'gatehouse.dev/original-user': ['demo:alice'] },
      });
      const own = await recorded(answer);
      expect(own.user.username).toBe('demo:alice');
      expect(own.impersonatedUser).toEqual({ username: 'demo:operator', groups: ['demo:team-a-admins'] });
      expect(note(own, 'original-user')).toBe('demo:alice');
      expect(note(own, 'impersonation-rules')).toBe('acting-as');
      expect(note(own, 'rule')).toBe('acting-may');
    }
    const reviews = readServerLog().filter(
      ({ objectRef, requestReceivedTimestamp }) =>
        objectRef?.resource === 'subjectaccessreviews' && Date.parse(requestReceivedTimestamp) >= since,
    );
    const workers = Number(gateway.environment.GATEHOUSE_WORKERS);
    // One a name (the user and the group), in each worker, for some seconds.
    expect(reviews.length).toBeGreaterThanOrEqual(2);
    expect(reviews.length).toBeLessThanOrEqual(2 * workers);
  });

  it('sends each group on a line of its own, uid and extras, byte for byte', async () => {
    const answer = await ask([
      'iMPERSONATE-uSER',
      Buffer.from('démo:ünïcode').toString('latin1'),
      'impersonate-group',
      'demo:a,b',
      'IMPERSONATE-GROUP',
      'demo:team-a-admins',
      'Impersonate-Uid',
      '7',
      'Impersonate-Extra-Example.com%2FTicket',
      'T-1',
      'Impersonate-Extra-example.com%2fticket',
      'T-2',
    ]);
    expect(answer.status, answer.body).toBe(200);
    expect(seen(answer)[0]?.impersonatedUser).toEqual({
      username: 'démo:ünïcode',
      uid: '7',
      groups: ['demo:a,b', 'demo:team-a-admins', 'system:authenticated'],
      extra: { 'example.com/ticket': ['T-1', 'T-2'], 'gatehouse.dev/original-user': ['demo:alice'] },
    });
  });

  it('serves real kubectl, exec by WebSocket and by SPDY, and a service account', async () => {
    const as = ['--as', 'demo:operator', '--as-group', 'demo:team-a-admins', '-n', 'team-a'];
    // Raw: kubectl's discovery shows no Status of anybody, only "unknown".
    const raw = ['get', '--raw', '/api/v1/namespaces/team-a/pods'];
    const refused = await kubectl(kubeconfig, ['--as', 'demo:stranger', ...raw]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('cannot impersonate users "demo:stranger"');
    const whoami = await kubectl(kubeconfig, [...as, '--as-uid', '7', 'get', 'pod', 'web', '-o', 'name']);
    expect(whoami.stderr).toBe('');
    expect(whoami.stdout).toBe('pod/web\n');
    for (const websockets of ['true', 'false']) {
      const run = await kubectl(kubeconfig, [...as, 'exec', 'web', '--', 'echo', 'as-operator'], {
        env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets },
      });
      expect(run.stderr).toBe('');
      expect(run.stdout).toBe('as-operator\n');
    }
    const execs = readServerLog().filter(
      ({ objectRef, user }) => objectRef?.subresource === 'exec' && user.username === 'gatehouse-acting',
    );
    expect(execs.length).toBeGreaterThanOrEqual(2);
    for (const { impersonatedUser } of execs)
      expect(impersonatedUser).toMatchObject({
        username: 'demo:operator',
        extra: { 'gatehouse.dev/original-user': ['demo:alice'] },
      });
    const asDave = ['--as', 'system:serviceaccount:team-a:dave', '-n', 'team-a'];
    const account = await kubectl(kubeconfig, [...asDave, 'get', 'pods', '-o', 'name']);
    expect(account.stderr).toBe('');
    expect(account.stdout).toContain('pod/web');
  });

  it('fails closed where the gateway may not ask the cluster', async () => {
    const role = JSON.parse((await admin(['get', 'clusterrole', 'acting', '-o', 'json'])).stdout) as {
      rules: { resources?: string[] }[];
    };
    const rules = role.rules.filter(({ resources }) => !resources?.includes('subjectaccessreviews'));
    expect(rules).toHaveLength(role.rules.length - 1);
    await admin(['replace', '-f', '-'], JSON.stringify({ ...role, rules }));
    await vi.waitFor(
      async () => {
        const answer = await ask(OPERATOR);
        expect(answer.status).toBe(502);
        expect(answer.body).toContain('lacks the right to create subjectaccessreviews');
        expect(seen(answer)).toEqual([]);
      },
      { timeout: 15_000, interval: 500 },
    );
    expect((await applyRbac()).code).toBe(0);
    await vi.waitFor(async () => expect((await ask(OPERATOR)).status).toBe(200), { timeout: 15_000, interval: 500 });
  });

  it('cuts an open exec when the rule goes, and lets it stand otherwise', async () => {
    const as = ['--as', 'demo:operator', '--as-group', 'demo:team-a-admins', '-n', 'team-a'];
    const child = spawnKubectl(kubeconfig, [...as, 'exec', 'web', '--', 'sh', '-c', 'echo begun; sleep 60']);
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await waitForOutput(child, 'begun');
    // A change that does not concern it.
    await replaceObject(gateway, { ...ONLY_ALICE, spec: { ...ONLY_ALICE.spec, mode: 'Report' } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(child.exitCode).toBeNull();
    const { rules } = AS.spec as { rules: object[] };
    const cutAt = Date.now();
    await replaceObject(gateway, { ...AS, spec: { ...AS.spec, rules: rules.slice(1) } });
    await ended;
    process.stdout.write(`rule of --as removed: the exec ended after ${Date.now() - cutAt} ms\n`);
    await replaceObject(gateway, AS);
    await replaceObject(gateway, ONLY_ALICE);
  });
});
