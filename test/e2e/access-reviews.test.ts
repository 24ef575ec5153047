/** Explanations and dry runs by the API of the virtual cluster, which the console uses. */
import { describe, expect, it } from 'vitest';
import type { ShownDryRun, ShownExplanation } from '#advice';
import type { PersonName } from '../demo/start-demo-gateway.ts';
import { createObjects } from './own-objects.ts';
import { send, type Answer } from './send-request.ts';
import { bothEngines } from './world.ts';

const OWN = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1';
const PLURALS = {
  AccessReview: 'accessreviews',
  SelfAccessReview: 'selfaccessreviews',
  AccessRuleDryRun: 'accessruledryruns',
};

describe.each(bothEngines())('reviews on $engine', (gateway) => {
  const ask = async (person: PersonName, kind: keyof typeof PLURALS, spec: object): Promise<Answer> =>
    await send(gateway, `${OWN}/${PLURALS[kind]}`, {
      method: 'POST',
      token: gateway.people[person].idToken,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, spec }),
    });
  const statusOf = <T>(answer: Answer): T => {
    expect(answer.status, answer.body).toBe(201);
    return (JSON.parse(answer.body) as { status: T }).status;
  };
  const secrets = {
    user: 'demo:alice',
    groups: ['demo:team-a-admins'],
    resourceAttributes: { verb: 'list', resource: 'secrets', namespace: 'team-b' },
  };

  it('are for nobody whom no rule lets ask, and about others for nobody who may not read the rules', async () => {
    expect((await ask('bob', 'AccessReview', secrets)).status).toBe(403);
    expect((await ask('bob', 'SelfAccessReview', { path: '/version' })).status).toBe(403);
    const remove = await createObjects(gateway, [
      {
        kind: 'AccessRule',
        name: 'bob-may-ask',
        spec: {
          subjects: [{ issuer: 'demo', user: 'demo:bob' }],
          clusters: ['gatehouse'],
          rules: [{ verbs: ['create'], apiGroups: ['gatehouse.dev'], resources: Object.values(PLURALS) }],
        },
      },
    ]);
    try {
      for (const [kind, spec] of [
        ['AccessReview', secrets],
        ['AccessRuleDryRun', { deleted: [] }],
      ] as const) {
        const refused = await ask('bob', kind, spec);
        expect([refused.status, refused.body]).toEqual([
          403,
          expect.stringContaining('cannot list resource \\"accessrules\\"'),
        ]);
      }
      const own = statusOf<ShownExplanation>(
        await ask('bob', 'SelfAccessReview', {
          resourceAttributes: { verb: 'get', resource: 'pods', subresource: 'exec', namespace: 'team-a', name: 'web' },
        }),
      );
      expect(own).toMatchObject({
        allowed: false,
        refusedBy: 'rules',
        person: { user: 'demo:bob' },
        decision: { reason: expect.stringContaining('no access rule allows it') },
      });
      expect([own.rules, own.headers, own.rulesForOthers]).toEqual([undefined, undefined, undefined]);
      expect(
        statusOf<ShownExplanation>(await ask('bob', 'SelfAccessReview', { path: '/api/v1/namespaces/team-a/pods' })),
      ).toMatchObject({ allowed: true, decision: { rule: 'demo-team-a-viewers' } });
    } finally {
      await remove();
    }
  });

  it('refuse what is no question, with the field', async () => {
    for (const [spec, says] of [
      [{}, 'spec.user: is required'],
      [{ user: 'bob' }, 'exactly one of path (with method) and resourceAttributes'],
      [{ user: 'bob', path: '/version', more: 1 }, 'spec.more: is unknown'],
      [
        { user: 'bob', resourceAttributes: { verb: 'use', resource: 'pods' } },
        'spec.resourceAttributes: no request has these',
      ],
      [{ user: 'bob', issuer: 'nowhere', path: '/version' }, 'there is no Issuer'],
    ] as const) {
      const answer = await ask('root', 'AccessReview', spec);
      expect([answer.status, (JSON.parse(answer.body) as { message: string }).message]).toEqual([
        422,
        expect.stringContaining(says),
      ]);
    }
    expect((await ask('root', 'AccessRuleDryRun', { saved: [{ kind: 'Mapping' }] })).status).toBe(422);
    expect((await send(gateway, `${OWN}/accessreviews`, { token: gateway.people.root.idToken })).status).toBe(405);
  });

  it('explain as the command does, and leave a record', async () => {
    const denied = statusOf<ShownExplanation>(await ask('root', 'AccessReview', secrets));
    expect(denied).toMatchObject({
      allowed: false,
      refusedBy: 'rules',
      mapping: { name: 'demo-people', user: 'demo:alice' },
      rules: expect.arrayContaining([
        expect.objectContaining({
          rule: 'demo-team-a-admins',
          matched: false,
          why: 'namespace team-b is not what it has: team-a',
        }),
      ]),
    });
    const allowed = statusOf<ShownExplanation>(
      await ask('root', 'AccessReview', {
        ...secrets,
        resourceAttributes: { verb: 'list', resource: 'secrets', namespace: 'team-a' },
      }),
    );
    expect(allowed).toMatchObject({
      allowed: true,
      headers: expect.arrayContaining([['Impersonate-User', 'demo:alice']]),
      rbac: [{ verb: 'list' }],
    });
    const log = await send(gateway, `${OWN}/auditevents?resource=accessreviews&user=demo:root`, {
      token: gateway.people.carol.idToken,
    });
    expect((JSON.parse(log.body) as { items: unknown[] }).items.length).toBeGreaterThanOrEqual(2);
  });

  it('a dry run answers what a change of the rules would do to the log', async () => {
    const target = '/api/v1/namespaces/team-a/pods/asked-by-a-dry-run';
    expect((await send(gateway, target, { token: gateway.people.bob.idToken })).status).toBe(404);
    const run = statusOf<ShownDryRun>(
      await ask('root', 'AccessRuleDryRun', { deleted: ['demo-team-a-viewers'], sinceDays: 1 }),
    );
    expect(run.newlyDenied).toContainEqual(
      expect.objectContaining({
        user: 'demo:bob',
        verb: 'get',
        what: 'team-a/pods/asked-by-a-dry-run',
        before: expect.objectContaining({ rule: 'demo-team-a-viewers' }),
      }),
    );
    expect(run.newlyAllowed).toEqual([]);
  });
});
