import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli, tryCli } from '../demo/run-cli.ts';
import { callDirect, type Credential } from './call-direct.ts';
import { admin as asClusterAdmin } from './cluster-admin.ts';
import { clusterAs, createObject, createObjects, limitToDemo, replaceObject, type OwnObject } from './own-objects.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { control, gatewayOn, world } from './world.ts';

const gateway = gatewayOn('sqlite');
const rbac = (...args: string[]) => tryCli(['rbac', ...args], gateway.environment);
const asAdmin = ['--kubeconfig', world().adminKubeconfig];
const PODS = '/api/v1/namespaces/team-a/pods';

/**
 * A second Cluster object on the same server with rules of its own: ada's groups may read pods of team-a, scale what
 * is there, and nothing else. What the credential may do as them is narrower than what they may do.
 */
describe('a credential for narrow rules', () => {
  const NAME = 'narrow-rbac';
  const SUBJECTS = [{ issuer: 'demo', user: 'demo:alice' }];
  const mapping = (more: object = {}): OwnObject => ({
    kind: 'Mapping',
    name: 'narrow',
    spec: {
      subjects: SUBJECTS,
      clusters: ['narrow'],
      impersonate: { user: { from: 'username' }, groups: [{ from: 'groups', only: ['demo:team-a-admins'] }], ...more },
    },
  });
  const RULE: OwnObject = {
    kind: 'AccessRule',
    name: 'narrow',
    spec: {
      subjects: SUBJECTS,
      clusters: ['narrow'],
      rules: [
        { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['team-a'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['not-yet-there'] },
        { verbs: ['get'], nonResourceURLs: ['/version'] },
      ],
    },
  };
  const ACCOUNT: OwnObject = {
    kind: 'Mapping',
    name: 'narrow-account',
    spec: {
      subjects: [{ issuer: 'demo', user: 'demo:carol' }],
      clusters: ['narrow'],
      serviceAccount: { namespace: 'team-a', name: 'dave' },
    },
  };
  const apply = (...args: string[]) => rbac('--cluster', 'narrow', '--name', NAME, '--apply', ...asAdmin, ...args);
  const diff = (...args: string[]) => rbac('--cluster', 'narrow', '--name', NAME, '--diff', ...asAdmin, ...args);
  const admin = async (...args: string[]): Promise<string> => (await asClusterAdmin(args)).stdout;
  const patch = (kind: string, change: object, ...more: string[]): Promise<string> =>
    admin('patch', kind, NAME, '--type=json', '-p', JSON.stringify([change]), ...more);
  let credential: Credential;
  let remove: () => Promise<void>;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    credential = await control<Credential>('client-certificate', { user: 'gatehouse-narrow' });
    restore = await limitToDemo(gateway, 'demo-cluster-admins');
    remove = await createObjects(gateway, [await clusterAs('narrow', 'gatehouse-narrow'), RULE, mapping(), ACCOUNT]);
  });
  afterAll(async () => {
    await remove();
    await restore();
    await admin('delete', 'clusterroles,clusterrolebindings', '-l', `gatehouse.dev/rbac=${NAME}`);
    await admin('delete', 'roles,rolebindings', '-A', '-l', `gatehouse.dev/rbac=${NAME}`);
  });

  it('cannot be applied by the gateway’s own credential, nor with the kubeconfig of another cluster', async () => {
    const own = await rbac('--cluster', 'narrow', '--apply');
    expect(own.code).toBe(1);
    expect(own.stderr).toContain('cannot get resource \\"namespaces\\"'.replaceAll('\\', ''));
    const gone = await rbac('--cluster', 'nowhere', '--diff');
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain('there is no Cluster "nowhere"');
    const elsewhere = await rbac('--cluster', 'narrow', '--apply', '--kubeconfig', gateway.people.alice.kubeconfig);
    expect(elsewhere.code).toBe(1);
  });

  it('is drift before it is applied (exit code 1), and none afterwards', async () => {
    const before = await diff();
    expect(before.code).toBe(1);
    expect(before.stdout).toContain('ClusterRole/narrow-rbac');
    expect(before.stdout).toContain('+ impersonate:user-info users (authentication.k8s.io) "demo:alice"');
    const applied = await apply();
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stderr).toContain('namespace not-yet-there does not exist');
    expect(applied.stdout.split('\n')).toEqual([
      'ClusterRole/narrow-rbac configured',
      'ClusterRoleBinding/narrow-rbac configured',
      'Role/team-a/narrow-rbac configured',
      'RoleBinding/team-a/narrow-rbac configured',
      '',
    ]);
    expect(await diff()).toMatchObject({ code: 0, stdout: '' });
    expect((await apply()).stdout).not.toContain('configured');
  });

  it('lets people do what the rules say', async () => {
    const alice = gateway.people.alice.idToken;
    expect((await send(gateway, `/clusters/narrow${PODS}`, { token: alice })).status).toBe(200);
    expect((await send(gateway, '/clusters/narrow/version', { token: alice })).status).toBe(200);
  });

  it.each([
    ['get', '/api/v1/namespaces/team-a/secrets/x', 'GET'],
    ['list', '/api/v1/namespaces/team-a/secrets', 'GET'],
    ['list', '/api/v1/pods', 'GET'],
    ['list', '/api/v1/namespaces/team-b/pods', 'GET'],
    ['delete', `${PODS}/web`, 'DELETE'],
    ['create', `${PODS}/web/exec?command=id`, 'POST'],
    ['get', `${PODS}/web/log`, 'GET'],
    ['watch', `${PODS}?watch=1`, 'GET'],
    ['get', '/metrics', 'GET'],
  ])('does nothing else as anybody: not %s %s, which alice herself may', async (verb, target, method) => {
    const admins = ['Impersonate-User', 'demo:alice', 'Impersonate-Group', 'demo:team-a-admins'];
    const answer = await callDirect(credential, target, admins, method);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(`impersonate-on:user-info:${verb}`);
    expect((await callDirect(credential, PODS, admins)).status).toBe(200);
  });

  it('asks tokens of the mapped account, and of no other', async () => {
    const body = JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    });
    const token = (namespace: string, account: string) =>
      callDirect(credential, `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, [], 'POST', body);
    expect((await token('team-a', 'dave')).status).toBe(201);
    expect((await token('team-a', 'default')).status).toBe(403);
    expect((await token('team-b', 'default')).status).toBe(403);
    const carol = await send(gateway, `/clusters/narrow${PODS}`, { token: gateway.people.carol.idToken });
    expect(carol.status).toBe(403);
  });

  it('shows a planted right, a removed one and a stolen binding as drift, and mends them', async () => {
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };
    await patch('clusterrole', { op: 'add', path: '/rules/-', value: secrets });
    await patch('role', { op: 'remove', path: '/rules/0' }, '-n', 'team-a');
    await patch('clusterrolebinding', { op: 'add', path: '/subjects/-', value: { kind: 'User', name: 'thief' } });
    const found = await diff();
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('- get secrets (core)');
    expect(found.stdout).toContain('- to User "thief"');
    expect(found.stdout).toMatch(/Role\/team-a\/narrow-rbac\n {2}\+ /);
    expect((await callDirect(credential, '/api/v1/namespaces/team-a/secrets/none')).status).toBe(404);
    expect((await apply()).code).toBe(0);
    expect(await diff()).toMatchObject({ code: 0, stdout: '' });
    expect((await callDirect(credential, '/api/v1/namespaces/team-a/secrets/none')).status).toBe(403);
  });

  it('takes away what is left over when a rule goes', async () => {
    const { rules } = RULE.spec as { rules: object[] };
    await replaceObject(gateway, { ...RULE, spec: { ...RULE.spec, rules: rules.slice(2) } });
    await send(gateway, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings/narrow-account', {
      method: 'DELETE',
      token: gateway.people.root.idToken,
    });
    const found = await diff();
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('Role/team-a/narrow-rbac');
    expect((await apply()).stdout).toContain('Role/team-a/narrow-rbac deleted');
    expect(await admin('get', 'roles,rolebindings', '-A', '-l', `gatehouse.dev/rbac=${NAME}`)).toBe('');
    await replaceObject(gateway, RULE);
    expect((await createObject(gateway, ACCOUNT)).status).toBe(201);
    expect((await apply()).code).toBe(0);
  });

  it('prints for a cluster that it need not ask, and with the old verb where that is wanted', async () => {
    const printed = await runCli(
      ['rbac', '--cluster', 'narrow', '--service-account', 'gatehouse/gateway', '--impersonation', 'legacy'],
      gateway.environment,
    );
    expect(printed).toContain('kind: ServiceAccount');
    expect(printed).not.toContain('impersonate-on');
    const dry = await kubectl(world().adminKubeconfig, ['apply', '--dry-run=server', '-f', '-'], { input: printed });
    expect(dry.code, dry.stderr).toBe(0);
  });

  it('that may do too little or too much is said so, in the log and in the status of the Cluster', async () => {
    const rights = async () => {
      const answer = await send(gateway, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/clusters/narrow', {
        token: gateway.people.root.idToken,
      });
      return (JSON.parse(answer.body) as { status?: { rights?: { missing: string[]; excess: string[] } } }).status
        ?.rights;
    };
    // Looked at again after each change of rules.
    const touched = async (annotations: string) => {
      await replaceObject(gateway, {
        ...RULE,
        spec: { ...RULE.spec, rules: [...rulesOf(RULE), urlRule(annotations)] },
      });
      return await vi.waitFor(
        async () => {
          const found = await rights();
          expect(JSON.stringify(found)).toContain(annotations);
          return found;
        },
        { timeout: 20_000, interval: 200 },
      );
    };
    expect(await touched('/planted-missing')).toMatchObject({
      missing: [
        'impersonate-on:user-info:get pods (core) in "not-yet-there"',
        'impersonate-on:user-info:get "/planted-missing"',
      ].toSorted(),
      excess: [],
    });
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['list'] };
    await patch('clusterrole', { op: 'add', path: '/rules/-', value: secrets });
    expect((await touched('/planted-excess'))?.excess).toEqual(['list secrets (core)']);
    const log = readFileSync(gateway.logFile, 'utf8');
    expect(log).toContain('a cluster’s credential may do too little');
    expect(log).toContain('a cluster’s credential may do more than is needed');
    await replaceObject(gateway, RULE);
    expect((await apply()).code).toBe(0);
  });
});

const rulesOf = ({ spec }: OwnObject): object[] => (spec as { rules: object[] }).rules;
const urlRule = (url: string): object => ({ verbs: ['get'], nonResourceURLs: [url] });
