import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResourceObject } from '#resources';
import { judgeMatrix, readMatrixWorld } from './judge-matrix.ts';

const reviewed = readFileSync(join(import.meta.dirname, 'verdicts.txt'), 'utf8');
const world = readMatrixWorld();

/** The requests whose verdicts differ from the reviewed ones. */
const differing = (judged: string): string[] => {
  const [before, after] = [reviewed, judged].map((text) => text.trimEnd().split('\n\n'));
  return (before ?? []).filter((block, at) => block !== after?.[at]).map((block) => block.split('\n')[0] as string);
};
const withRule = (name: string, change: (spec: Record<string, unknown>) => object | undefined) => ({
  ...world,
  objects: world.objects.flatMap((object): ResourceObject[] => {
    if (object.metadata.name !== name) return [object];
    const spec = change(object.spec as Record<string, unknown>);
    return spec === undefined ? [] : [{ ...object, spec: { ...(object.spec as object), ...spec } }];
  }),
});

test('every person’s every request gets the verdict and the rule that were reviewed', async () => {
  // Where a change is meant: node --conditions=source test/matrix/write-verdicts.ts, and read the difference.
  expect(await judgeMatrix(world)).toBe(reviewed);
});

test('every rule, every person and every sort of verdict is in the matrix', () => {
  const rules = world.objects.filter(({ kind }) => kind === 'AccessRule').map(({ metadata }) => metadata.name);
  const named = (name: string): boolean => new RegExp(`^  .*\\b${name}\\b`, 'm').test(reviewed);
  // Two are there to give nothing: one act of two, and a period that is over.
  expect(rules.filter((rule) => !named(rule))).toEqual(['team-a-exec-get-only', 'contractors-last-year']);
  expect([...world.people.keys()].filter((person) => !named(person))).toEqual([]);
  expect(['allow', 'deny', 'step-up', 'refused'].filter((verdict) => !reviewed.includes(`\n  ${verdict} `))).toEqual(
    [],
  );
  expect(world.people.size * world.requests.length).toBeGreaterThan(900);
});

test.each<[string, string, (spec: Record<string, unknown>) => object | undefined, string]>([
  ['a Deny is gone', 'no-secrets-in-prod', () => undefined, 'GET /clusters/prod/api/v1/namespaces/team-a/secrets/x'],
  [
    'a Deny allows',
    'no-way-into-db',
    () => ({ effect: 'Allow' }),
    'UPGRADE GET /api/v1/namespaces/team-a/pods/db/exec?command=sh',
  ],
  ['a Report is enforced', 'would-freeze', () => ({ mode: 'Enforce' }), 'DELETE /api/v1/namespaces/team-a/pods/web-1'],
  [
    'conditions are not looked at',
    'oncall-from-office',
    () => ({ conditions: undefined }),
    'GET /api/v1/namespaces/team-a/pods',
  ],
  [
    'a login may be of any age',
    'gateway-admins',
    () => ({ conditions: undefined }),
    'PUT /clusters/gatehouse/apis/gatehouse.dev/v1alpha1/accessrules/x',
  ],
  [
    'a wildcard reaches gatehouse',
    'cluster-admins',
    () => ({ clusters: ['*', 'gatehouse'] }),
    'GET /clusters/gatehouse/apis',
  ],
  [
    'a mapping is for everybody',
    'partners',
    () => ({ subjects: [{ issuer: 'partner' }] }),
    'GET /clusters/prod/api/v1/pods',
  ],
])('a planted violation fails the matrix: %s', async (_what, rule, change, request) => {
  expect(differing(await judgeMatrix(withRule(rule, change)))).toContain(request);
});
