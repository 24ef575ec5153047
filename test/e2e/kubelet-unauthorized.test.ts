/** A kubelet that does not accept the API server's credential, behind a real API server: its 401 is nobody else's. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin } from './cluster-admin.ts';
import { note, readGatewayLog } from './read-gateway-log.ts';
import { kubectl } from './run-kubectl.ts';
import { bothEngines, world } from './world.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'locked', namespace: 'team-a' },
  spec: {
    nodeName: 'node-1',
    automountServiceAccountToken: false,
    // Our kubelet responds 401 to requests for the logs of a container of this name.
    containers: [{ name: 'unauthorized', image: 'example.invalid/web:1' }],
  },
};

beforeAll(async () => {
  await admin(['apply', '-f', '-'], JSON.stringify(POD));
  await admin(['-n', 'team-a', 'wait', '--for=condition=Ready', 'pod/locked', '--timeout=60s']);
});
afterAll(async () => {
  await admin(['-n', 'team-a', 'delete', 'pod', 'locked', '--now']);
});

it('is a 401 for those who ask the API server directly', async () => {
  const { code, stderr } = await kubectl(world().adminKubeconfig, ['-n', 'team-a', 'logs', 'locked']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/must be logged in|provide credentials/)]);
});

it.each(
  bothEngines().flatMap((gateway) => [
    [gateway.engine, 'alice', gateway] as const,
    [gateway.engine, 'dave', gateway] as const,
  ]),
)(
  'on %s %s reads who responded, keeps the credential, and the gateway blames none',
  async (_engine, person, gateway) => {
    const { kubeconfig } = gateway.people[person];
    const { code, stderr } = await kubectl(kubeconfig, ['-n', 'team-a', 'logs', 'locked']);
    expect(code).toBe(1);
    expect(stderr).toContain('the kubelet of the node that runs pod "team-a/locked" responded 401');
    expect((await kubectl(kubeconfig, ['-n', 'team-a', 'logs', 'web', '--tail=1'])).code).toBe(0);
    const events = await readGatewayLog(gateway);
    const log = events.find(({ objectRef }) => objectRef?.name === 'locked' && objectRef.subresource === 'log');
    expect(log && [log.responseStatus?.code, note(log, 'reason')]).toEqual([
      502,
      expect.stringContaining('the kubelet of the node that runs pod "team-a/locked" responded 401'),
    ]);
  },
);
