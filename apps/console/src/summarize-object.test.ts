import { expect, it } from 'vitest';
import { summarizeObject } from './summarize-object.ts';

const object = (kind: string, spec?: Record<string, unknown>) => ({
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind,
  metadata: { name: 'x' },
  ...(spec && { spec }),
});

it('survives an object without a spec', () => {
  expect(
    summarizeObject({
      ...object('Cluster'),
      status: { health: { reachable: true, version: 'v1.36.3', impersonation: 'named', problems: ['it ends soon'] } },
    }),
  ).toEqual([
    'the pod’s own API server',
    'credential: none',
    'reachable: v1.36.3, may impersonate named',
    '! it ends soon',
  ]);
  expect(summarizeObject({ ...object('Cluster'), status: { health: { reachable: false } } })).toContain(
    'not reachable',
  );
  expect(summarizeObject(object('Cluster'))).toEqual(['the pod’s own API server', 'credential: none']);
  expect(summarizeObject(object('AccessRule'))).toEqual([]);
});

it('says whom an access rule is about and what it gives', () => {
  const spec = {
    subjects: [{ issuer: 'demo', group: 'demo:dev' }, { issuer: 'demo', user: 'bob' }, { issuer: 'other' }],
    clusters: ['demo'],
    effect: 'Deny',
    mode: 'Report',
    rules: [
      { verbs: ['get'], resources: ['pods'], resourceNames: ['web'], namespaces: ['team-a'] },
      { methods: ['GET'], paths: ['/version'] },
    ],
  };
  expect(summarizeObject(object('AccessRule', spec))).toEqual([
    'group demo:dev (demo); user bob (demo); everybody (other) on demo',
    'denies (report only) get pods named web in team-a',
    'denies (report only) GET /version',
  ]);
});

it('says how a mapping works', () => {
  expect(
    summarizeObject(
      object('Mapping', {
        subjects: [{ issuer: 'demo' }, { issuer: 'demo', group: 'demo:dev', expression: 'claims.a == 1' }],
        clusters: ['*'],
        storedToken: {},
      }),
    ),
  ).toEqual(['everybody (demo); group demo:dev (demo) where claims.a == 1 on *', 'by their own stored token']);
  expect(
    summarizeObject(
      object('Mapping', {
        subjects: [{ issuer: 'demo' }],
        clusters: ['*'],
        serviceAccount: { namespace: 'team-a', name: 'deployer' },
      }),
    ),
  ).toEqual(['everybody (demo) on *', 'by the service account team-a/deployer']);
});

it('never leaves out what limits an access rule', () => {
  const spec = {
    subjects: [{ issuer: 'demo' }],
    clusters: ['demo'],
    effect: 'Allow',
    learning: true,
    conditions: {
      sourceAddresses: ['10.0.0.0/8', '192.0.2.1'],
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2026-01-02T00:00:00Z',
      maxAuthenticationAgeSeconds: 300,
      acrValues: ['mfa'],
    },
    rules: [{ verbs: ['*'], resources: ['*'] }],
  };
  expect(summarizeObject(object('AccessRule', spec))).toEqual([
    'everybody (demo) on demo',
    'allows * *',
    'only from 10.0.0.0/8, 192.0.2.1, after 2026-01-01T00:00:00Z, until 2026-01-02T00:00:00Z, within 300 s of logging in, with acr mfa',
    'for learning: decides what no other rule does',
  ]);
});

it('shows what a machine is for, and its groups as rules name them', () => {
  expect(summarizeObject(object('ServiceIdentity'))).toEqual([]);
  expect(summarizeObject(object('ServiceIdentity', { description: 'deploys', groups: ['a', 'b'] }))).toEqual([
    'deploys',
    'groups: gatehouse:a, gatehouse:b',
  ]);
});
