import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { tryCli } from '../demo/run-cli.ts';
import { callDirect, type Credential } from './call-direct.ts';
import { send } from './send-request.ts';
import { control, gatewayOn, readServerLog, world } from './world.ts';

const gateway = gatewayOn('sqlite');
const rbac = (...args: string[]) => tryCli(['rbac', ...args], gateway.environment);
const asAdmin = ['--kubeconfig', world().adminKubeconfig];

const as = (user: string, ...groups: string[]): string[] => [
  'Impersonate-User',
  user,
  'Impersonate-Extra-gatehouse.dev%2Fissuer',
  'demo',
  ...groups.flatMap((group) => ['Impersonate-Group', group]),
];
const PODS = '/api/v1/namespaces/team-a/pods';

describe('the demo, whose credential has what gatehouse rbac printed', () => {
  let credential: Credential;
  beforeAll(async () => {
    credential = await control<Credential>('client-certificate', { user: 'gatehouse' });
  });

  it.each([
    '/api/v1/namespaces',
    '/api/v1/pods',
    PODS,
    '/api/v1/secrets',
    '/api/v1/namespaces/kube-system/configmaps',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/metrics',
    '/logs/',
  ])('reads nothing with it alone: not %s', async (target) => {
    expect((await callDirect(credential, target)).status).toBe(403);
  });

  it.each([
    ['a group that no rule names', as('demo:alice', 'demo:strangers')],
    ['system:masters', as('demo:alice', 'system:masters')],
    ['no group, but a user that no mapping names', as('demo:eve')],
    ['a user of the cluster itself', as('system:kube-controller-manager')],
    ['a service account', ['Impersonate-User', 'system:serviceaccount:team-a:dave']],
    ['a node', ['Impersonate-User', 'system:node:node-1']],
    ['another value of the extra', [...as('demo:alice'), 'Impersonate-Extra-gatehouse.dev%2Fissuer', 'other']],
    ['another extra', [...as('demo:alice'), 'Impersonate-Extra-Scopes', 'all']],
    ['a uid', [...as('demo:alice'), 'Impersonate-Uid', '1']],
  ])('becomes nobody that is not mapped: not %s', async (_what, headers) => {
    const answer = await callDirect(credential, '/version', headers);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('impersonat');
  });

  it('gives no token of any service account', async () => {
    for (const account of ['dave', 'default'])
      expect(
        (await callDirect(credential, `/api/v1/namespaces/team-a/serviceaccounts/${account}/token`, [], 'POST', '{}'))
          .status,
      ).toBe(403);
  });

  it('is constrained impersonation, as the API server’s own log says', async () => {
    const marker = `constrained-${Date.now()}`;
    await send(gateway, `${PODS}/${marker}`, { token: gateway.people.alice.idToken });
    const [seen] = readServerLog().filter((event) => event.requestURI.includes(marker));
    expect(seen).toMatchObject({
      impersonatedUser: { username: 'demo:alice' },
      authenticationMetadata: { impersonationConstraint: 'impersonate:user-info' },
    });
  });

  it('is what the command prints, and differs in nothing', async () => {
    const printed = await rbac('--cluster', 'demo');
    expect(printed.code).toBe(0);
    expect(printed.stderr).toContain('cluster demo: User gatehouse, constrained impersonation');
    expect(printed.stdout).toContain('resourceNames: [demo:alice, demo:bob, demo:carol, demo:root]');
    expect(printed.stdout).not.toMatch(/\*.*users|masters/);
    expect(await rbac('--cluster', 'demo', '--diff', ...asAdmin)).toMatchObject({ code: 0, stdout: '' });
  });

  it('is what the gateway finds when it starts, and shows in the status of the Cluster', async () => {
    const clusters = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/clusters';
    const shown = await send(gateway, `${clusters}/demo`, { token: gateway.people.root.idToken });
    expect(JSON.parse(shown.body)).toMatchObject({
      status: { rights: { user: 'gatehouse', impersonation: 'constrained', missing: [], excess: [] } },
    });
    const listed = await send(gateway, clusters, { token: gateway.people.root.idToken });
    expect((JSON.parse(listed.body) as { items: object[] }).items[0]).toHaveProperty('status.rights.checkedAt');
    expect(readFileSync(gateway.logFile, 'utf8')).toContain('credential may do what is needed, and no more');
  });
});
