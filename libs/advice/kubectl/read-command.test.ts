import { describe, expect, test } from 'vitest';
import { commandRequests, isDiscovery } from './command-requests.ts';
import { findForeignFlag } from './foreign-flags.ts';
import { findKind, findManifestKind, KUBERNETES_KINDS } from './known-kinds.ts';
import { readCommand } from './read-command.ts';
import { readDiscovery, writeDiscovery } from './read-discovery.ts';

const OBJECTS = [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: undefined, name: 'web' }];
function sends(line: string): string[] | string {
  const read = readCommand(line.split(' '), KUBERNETES_KINDS, () => OBJECTS);
  return read.ok
    ? read.requests.map(
        ({ method, target, upgrade, when }) => `${method} ${target}${upgrade ? ' upgrade' : ''}${when && ` (${when})`}`,
      )
    : read.message;
}

describe('a kubectl command without kubectl', () => {
  test('that is not known, or names what is not known, is said so', () => {
    expect(sends('frobnicate pods')).toContain('only these commands are known');
    expect(sends('get widgets')).toContain('"widgets" is no resource that is known here');
    expect(sends('get wid/a')).toContain('"wid" is no resource');
    expect(sends('create widget x')).toContain('nothing is known of');
  });
  test.each([
    ['get secrets -n team-b', ['GET /api/v1/namespaces/team-b/secrets?limit=500']],
    ['get -nteam-b secrets', ['GET /api/v1/namespaces/team-b/secrets?limit=500']],
    [
      'get po,deploy.apps --namespace=a',
      ['GET /api/v1/namespaces/a/pods?limit=500', 'GET /apis/apps/v1/namespaces/a/deployments?limit=500'],
    ],
    ['get pods -A -l app=x', ['GET /api/v1/pods?labelSelector=app%3Dx&limit=500']],
    ['get ns team-a', ['GET /api/v1/namespaces/team-a']],
    [
      'get pod web -w',
      [
        'GET /api/v1/namespaces/default/pods/web',
        'GET /api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dweb&watch=true',
      ],
    ],
    ['get --raw /metrics', ['GET /metrics']],
    [
      'exec -it web -n a -- sh -c id',
      [
        'GET /api/v1/namespaces/a/pods/web',
        'GET /api/v1/namespaces/a/pods/web/exec?command=sh&command=-c&command=id upgrade',
        'POST /api/v1/namespaces/a/pods/web/exec?command=sh&command=-c&command=id upgrade (where the one before is refused)',
      ],
    ],
    ['logs -f web', ['GET /api/v1/namespaces/default/pods/web', 'GET /api/v1/namespaces/default/pods/web/log']],
    [
      'scale deploy/web --replicas 2',
      [
        'GET /apis/apps/v1/namespaces/default/deployments/web',
        'PATCH /apis/apps/v1/namespaces/default/deployments/web/scale',
      ],
    ],
    ['label pod web a=b c-', ['GET /api/v1/namespaces/default/pods/web', 'PATCH /api/v1/namespaces/default/pods/web']],
    ['create token dave', ['POST /api/v1/namespaces/default/serviceaccounts/dave/token']],
    [
      'apply -f x.yaml',
      [
        'GET /apis/apps/v1/namespaces/default/deployments/web',
        'PATCH /apis/apps/v1/namespaces/default/deployments/web (where it is there already)',
        'POST /apis/apps/v1/namespaces/default/deployments (where it is not there yet)',
      ],
    ],
  ])('%s', (line, expected) => {
    expect(sends(line)).toEqual(expected);
  });
});

test('flags that lead elsewhere are found wherever they stand, and not behind --', () => {
  for (const line of [
    'get pods -s https://x',
    'get pods -shttps://x',
    '--kubeconfig=x get pods',
    'get pods --context x',
    '-ws x get pods',
    'get pods --token=x',
    'get pods --as=root',
  ])
    expect([line, findForeignFlag(line.split(' '))]).toEqual([line, expect.stringMatching(/^-/)]);
  for (const line of [
    'get pods -n s',
    'get pods -nsystem',
    'get pods -lapp=s',
    'exec web -- curl -s x',
    'logs web --since=1h',
    'get pods --show-labels',
  ])
    expect([line, findForeignFlag(line.split(' '))]).toEqual([line, undefined]);
});

test('kinds are found by every name that people use', () => {
  for (const word of ['deployments', 'deployment', 'Deployment', 'deploy', 'deployments.apps', 'deploy.v1.apps'])
    expect([word, findKind(word, KUBERNETES_KINDS)?.resource]).toEqual([word, 'deployments']);
  expect(findKind('events', KUBERNETES_KINDS)?.group).toBe('');
  expect(findKind('events.events.k8s.io', KUBERNETES_KINDS)?.group).toBe('events.k8s.io');
  expect(findKind('deployments.example.com', KUBERNETES_KINDS)).toBeUndefined();
  expect(findManifestKind('batch/v1beta1', 'CronJob', KUBERNETES_KINDS)).toMatchObject({
    resource: 'cronjobs',
    version: 'v1beta1',
  });
});

test('discovery that is written is read back, and what is none gives no kinds', () => {
  const back = [
    ...readDiscovery(writeDiscovery(KUBERNETES_KINDS, true)),
    ...readDiscovery(writeDiscovery(KUBERNETES_KINDS, false)),
  ];
  expect(new Set(back.map((kind) => JSON.stringify(kind)))).toEqual(
    new Set(KUBERNETES_KINDS.map((kind) => JSON.stringify(kind))),
  );
  expect([readDiscovery('x'), readDiscovery('{"kind":"APIVersions"}'), readDiscovery('null')]).toEqual([[], [], []]);
});

test('requests stand once each, and by when they are made', () => {
  const sent = (method: string, target: string) => ({ method, target, upgrade: false });
  expect(
    commandRequests(
      [sent('GET', '/a'), sent('GET', '/a'), sent('PUT', '/b')],
      [sent('GET', '/a'), sent('POST', '/c')],
    ).map(({ target, when }) => `${target} ${when}`),
  ).toEqual(['/a ', '/b where it is there already', '/c where it is not there yet']);
  for (const target of [
    '/api',
    '/apis?timeout=32s',
    '/api/v1',
    '/apis/apps/v1',
    '/openapi/v3/apis/apps/v1',
    '/version',
  ])
    expect([target, isDiscovery({ method: 'GET', target })]).toEqual([target, true]);
  for (const target of ['/api/v1/pods', '/apis/apps/v1/deployments', '/healthz'])
    expect([target, isDiscovery({ method: 'GET', target })]).toEqual([target, false]);
});
