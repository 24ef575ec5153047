/** `policy explain` on the demo world: what it says is what the gateway then does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandRequests, isDiscovery, KUBERNETES_KINDS, readCommand } from '#advice';
import type { Answer } from '../../apps/cli/explain/print-explanation.ts';
import { recordKubectl } from '../../apps/cli/kubectl/record-kubectl.ts';
import { tryCli } from '../demo/run-cli.ts';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import { accessRule, as, explain, file, gateway, policy, requestsSince, shapeOf, soon } from './policy-cli.ts';
import { kubectl } from './run-kubectl.ts';
import { world } from './world.ts';

describe('policy explain', () => {
  it('ends with 1 and names the reason where a command is denied, by rules or for want of a mapping', async () => {
    const denied = await explain('kubectl get secrets -n team-b', '--as demo:alice --group demo:team-a-admins');
    expect([denied.code, denied.stderr]).toEqual([1, 'gatehouse: demo:alice may not do this\n']);
    expect(denied.stdout).toMatch(/GET \/api\/v1\/namespaces\/team-b\/secrets\?limit=500/);
    expect(denied.stdout).toMatch(/demo-team-a-admins +Allow +namespace team-b is not what it has: team-a/);
    expect(denied.stdout).toMatch(/sent +nothing\n +verdict +denied by the access rules\n\nDENIED/);
    const unknown = await explain('GET /version', '--as eve --issuer nowhere');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('there is no Issuer "nowhere"')]);
    expect((await explain('kubectl get pods --context elsewhere', '--as demo:alice')).stderr).toContain(
      'leave --context out',
    );
    expect((await explain('kubectl frobnicate', '--as demo:alice')).stderr).toContain(
      'kubectl does not take this command',
    );
    expect((await policy(['explain', '--', 'GET', '/version'])).code).toBe(2);
  });

  it('shows claims, mapping, rules and headers of an allowed request, and no secret', async () => {
    const token = file('alice.token', gateway.people.alice.idToken);
    const allowed = await explain('kubectl get pods -n team-a', `--token-file ${token}`);
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
    expect(allowed.stdout).toMatch(/preferred_username "alice" → user demo:alice/);
    expect(allowed.stdout).toMatch(/demo-people: the gateway speaks for demo:alice/);
    expect(allowed.stdout).toMatch(/→ +demo-team-a-admins +Allow +fits/);
    expect(allowed.stdout).toMatch(/Impersonate-User: demo:alice\n +Impersonate-Group: demo:team-a-admins/);
    expect(allowed.stdout).not.toContain(gateway.people.alice.idToken.slice(-20));
    const dave = await explain('GET /api/v1/namespaces/team-a/pods', '--as demo:dave --group demo:x -o json');
    expect(JSON.parse(dave.stdout)).toMatchObject({
      requests: [
        { mapping: { mode: 'storedToken' }, headers: expect.arrayContaining([['Authorization', 'Bearer [redacted]']]) },
      ],
    });
    expect(dave.stdout).not.toContain(gateway.daveUpstreamToken);
  });

  it('says what the gateway then does: the same requests, the same verdicts', async () => {
    const manifest = file(
      'explained.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: explained, namespace: team-a }\n',
    );
    const lines: [PersonName, string][] = [
      ['alice', 'get pods -n team-a'],
      ['bob', 'logs web -n team-a'],
      ['bob', 'exec web -n team-a -- id'],
      ['alice', 'exec web -n team-a -- id'],
      ['bob', 'delete pod web -n team-a'],
      ['alice', `apply -f ${manifest}`],
      ['alice', `apply -f ${manifest}`],
      ['alice', `delete -f ${manifest}`],
    ];
    const starts: number[] = [];
    for (const [person, line] of lines) {
      starts.push(Date.now());
      await as(person, line);
    }
    const told = await Promise.all(
      lines.map(async ([person, line]) => {
        const groups = person === 'alice' ? 'demo:team-a-admins' : 'demo:team-a-viewers';
        const { stdout } = await explain(`kubectl ${line}`, `--as demo:${person} --group ${groups} -o json --offline`);
        const { requests } = JSON.parse(stdout) as Answer;
        return new Map(
          requests.map(({ method, target, allowed }) => [`${method} ${shapeOf(method, target)}`, allowed]),
        );
      }),
    );
    for (const [at, [person, line]] of lines.entries()) {
      const happened = (await requestsSince(starts[0] ?? 0, `demo:${person}`)).filter(
        ({ atMs }) => atMs >= (starts[at] ?? 0) && atMs < (starts[at + 1] ?? Number.POSITIVE_INFINITY),
      );
      expect([line, happened.length]).not.toEqual([line, 0]);
      for (const { request, allowed } of happened)
        expect([person, line, request, told[at]?.get(request)]).toEqual([person, line, request, allowed]);
    }
  });

  it('asks the cluster’s own RBAC where the gateway may, and takes its no', async () => {
    const rule = file(
      'more-for-bob.yaml',
      accessRule('more-for-bob', 'demo:team-a-viewers', "{ verbs: [get], apiGroups: [''], resources: [configmaps] }"),
    );
    expect((await tryCli(['apply', '-f', rule], gateway.environment)).code).toBe(0);
    const admin = async (args: string): Promise<void> =>
      expect((await kubectl(world().adminKubeconfig, args.split(' '))).code).toBe(0);
    await admin(
      'create clusterrole explain-reviews --verb=create --resource=subjectaccessreviews.authorization.k8s.io',
    );
    await admin('create clusterrolebinding explain-reviews --clusterrole=explain-reviews --user=gatehouse');
    const bob = '--as demo:bob --group demo:team-a-viewers';
    try {
      await soon(async () => {
        const refused = await explain('GET /api/v1/namespaces/team-a/configmaps/x', bob);
        expect(refused.stdout).toMatch(/RBAC +get: denied[\s\S]*verdict +denied by the cluster’s own RBAC/);
        expect(refused.code).toBe(1);
      });
      const allowed = await explain('GET /api/v1/namespaces/team-a/pods/web', bob);
      expect(allowed.stdout).toMatch(/RBAC +get: allowed, RBAC: allowed by RoleBinding "viewers\/team-a"/);
    } finally {
      await admin('delete clusterrolebinding explain-reviews');
      await admin('delete clusterrole explain-reviews');
    }
    await soon(async () => {
      const { stdout, code } = await explain('GET /api/v1/namespaces/team-a/configmaps/x', bob);
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining('not asked: the gateway’s credential lacks the right'),
      ]);
    });
    const log = await tryCli(
      ['audit', 'list', '--user', 'gatehouse', '--resource', 'subjectaccessreviews'],
      gateway.environment,
    );
    expect(log.stdout).toContain('subjectaccessreviews');
    expect(await as('root', `--server ${gateway.url}/clusters/gatehouse delete accessrule more-for-bob`)).toBe(0);
  });

  it('knows without kubectl what it sends for the common commands', async () => {
    const manifest = file(
      'table.yaml',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: web, image: x }] } } }\n',
    );
    const objects = () => [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: undefined, name: 'web' }];
    for (const line of readFileSync(join(import.meta.dirname, 'kubectl-commands.txt'), 'utf8')
      .trim()
      .split('\n')) {
      const args = line.replace('FILE', manifest).split(' ');
      const record = async (exists: boolean) =>
        (await recordKubectl({ kubectl: world().kubectlPath, args, kinds: KUBERNETES_KINDS, exists })).requests.filter(
          (request) => !isDiscovery(request),
        );
      const there = await record(true);
      const real = commandRequests(there, args[0] === 'apply' ? await record(false) : there);
      const read = readCommand(args, KUBERNETES_KINDS, objects);
      const known = read.ok ? read.requests.filter((request) => !isDiscovery(request)) : [];
      const shapes = (requests: typeof real): string[] =>
        [...new Set(requests.map(({ method, target, when }) => `${method} ${shapeOf(method, target)} ${when}`))].sort();
      expect([line, shapes(known)]).toEqual([line, shapes(real)]);
    }
  });
});
