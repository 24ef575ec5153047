/** The other policy tools on the demo world: real traffic, the built command beside a running gateway. */
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShownDryRun } from '#advice';
import { parseManifests } from '#resources';
import { tryCli } from '../demo/run-cli.ts';
import { accessRule, as, file, gateway, policy, requestsSince, soon } from './policy-cli.ts';
import { world } from './world.ts';

describe('policy dry-run, suggest and unused', () => {
  const sinceMs = Date.now() - 1000;
  const since = new Date(sinceMs).toISOString();
  beforeAll(async () => {
    expect(await as('alice', '-n team-a create configmap used --from-literal=a=b')).toBe(0);
    expect(await as('alice', '-n team-a get configmap used')).toBe(0);
    expect(await as('alice', '-n team-a delete configmap used')).toBe(0);
    expect(await as('bob', '-n team-a get pods')).toBe(0);
    expect(await as('bob', '-n team-b get pods')).toBe(1);
    await soon(async () => expect(await requestsSince(sinceMs, 'demo:bob')).toHaveLength(2));
  });

  it('a dry run tells what a change would newly deny and allow, of people as they were', async () => {
    const changed = file(
      'changed.yaml',
      accessRule(
        'demo-team-a-admins',
        'demo:team-a-admins',
        "{ verbs: [get, list, watch], apiGroups: ['*'], resources: ['*'], namespaces: [team-a] }",
      ) +
        '---\n' +
        accessRule('wider', 'demo:team-a-viewers', "{ verbs: [list], apiGroups: [''], resources: [pods] }"),
    );
    const { stdout, code } = await policy(['dry-run', '-f', changed, '--since', since, '-o', 'json']);
    expect(code).toBe(0);
    const run = JSON.parse(stdout) as ShownDryRun;
    expect(run.newlyDenied.map(({ user, verb, what }) => `${user} ${verb} ${what}`).sort()).toEqual([
      'demo:alice create team-a/configmaps',
      'demo:alice delete team-a/configmaps/used',
    ]);
    expect(run.newlyAllowed).toMatchObject([
      { user: 'demo:bob', verb: 'list', what: 'team-b/pods', after: { rule: 'wider' } },
    ]);
    const table = await policy(['dry-run', '--delete', 'demo-team-a-viewers', '--since', since]);
    expect(table.stdout).toMatch(
      /would newly be denied:\n[^\n]*\n1 +demo:bob +demo +list +team-a\/pods .*now allowed by demo-team-a-viewers/,
    );
    expect(table.stdout).toContain('nothing would newly be allowed');
    expect((await policy(['dry-run', '--delete', 'nowhere'])).stderr).toContain('there is no access rule "nowhere"');
    expect((await policy(['dry-run', '-f', changed, '--prune', '--since', since, '-o', 'json'])).stdout).toContain(
      '"newlyDenied"',
    );
  });

  it('a suggestion covers what was used, says what more it gives, and can be applied as it is', async () => {
    const suggested = await policy(['suggest', '--since', since, '--for', 'demo:alice', '--all']);
    expect([suggested.code, suggested.stderr]).toEqual([
      0,
      expect.stringMatching(/^\d+ requests of \d+ kinds need a rule; judged again/),
    ]);
    expect(suggested.stdout).toMatch(/# gives more: all of discovery/);
    const { manifests, problems } = parseManifests(suggested.stdout, { source: 'suggested' });
    expect(problems).toEqual([]);
    expect(manifests.map(({ object }) => object.metadata.name)).toEqual(['suggested.user.demo.alice']);
    expect(manifests[0]?.object.spec).toMatchObject({
      rules: expect.arrayContaining([
        { verbs: ['create'], apiGroups: [''], resources: ['configmaps'], namespaces: ['team-a'] },
        {
          verbs: ['get', 'delete'],
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: ['used'],
          namespaces: ['team-a'],
        },
      ]),
    });
    const instead = file('instead.yaml', suggested.stdout);
    const run = await policy([
      'dry-run',
      '-f',
      instead,
      '--delete',
      'demo-team-a-admins',
      '--since',
      since,
      '-o',
      'json',
    ]);
    expect((JSON.parse(run.stdout) as ShownDryRun).newlyDenied).toEqual([]);
    expect((await policy(['suggest', '--since', since, '--for', 'demo:alice'])).stderr).toContain(
      'there is nothing to suggest',
    );
    expect((await policy(['suggest', '--for', 'nobody'])).stderr).toContain(
      'the audit log knows nobody called "nobody"',
    );
  });

  it('a suggestion can be made from the API server’s own log', async () => {
    const args = [
      'suggest',
      '--kube-audit-log',
      world().auditLogPath,
      '--issuer',
      'demo',
      '--cluster',
      'demo',
      '--user-prefix',
      'demo:=demo:',
      '--since',
      '1d',
      '--all',
    ];
    const { stdout, code, stderr } = await policy(args);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('no events')]);
    expect(parseManifests(stdout, { source: 'suggested' })).toMatchObject({
      problems: [],
      manifests: expect.arrayContaining([
        expect.objectContaining({
          object: expect.objectContaining({ metadata: { name: 'suggested.user.demo.alice' } }),
        }),
      ]),
    });
    expect(
      (
        await policy([
          'suggest',
          '--kube-audit-log',
          dirname(world().auditLogPath),
          '--issuer',
          'demo',
          '--cluster',
          'demo',
        ])
      ).stderr,
    ).toContain('cannot be read');
  });

  it('a rule that decided nothing is listed as unused, with a mark where it is young; one that did is not', async () => {
    const rule = file(
      'never.yaml',
      accessRule('never-used', 'demo:nobody', "{ verbs: [get], apiGroups: [''], resources: [pods] }"),
    );
    expect((await tryCli(['apply', '-f', rule], gateway.environment)).code).toBe(0);
    const { stdout, code } = await policy(['unused', '--since', '90d']);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/never-used +Allow +Enforce .*younger than the time looked at/),
    ]);
    expect(stdout).not.toContain('demo-team-a-viewers');
    expect(await as('root', `--server ${gateway.url}/clusters/gatehouse delete accessrule never-used`)).toBe(0);
  });
});
