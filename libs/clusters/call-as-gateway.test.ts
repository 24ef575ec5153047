import { expect, it } from 'vitest';
import { askWhoAmI } from './ask-who-am-i.ts';
import { callAsGateway, type OwnCall } from './call-as-gateway.ts';
import type { ClusterConnection } from './open-cluster.ts';

function failing(code: string): ClusterConnection {
  const request = (): Promise<never> => Promise.reject(Object.assign(new Error(`connect ${code}`), { code }));
  return {
    name: 'demo',
    basePath: '',
    hostHeader: 'demo',
    connections: () => ({ request }),
    gatewayAuthorization: () => 'Bearer gateway',
  } as unknown as ClusterConnection;
}

function collect() {
  const calls: OwnCall[] = [];
  return {
    calls,
    ports: {
      now: () => 0,
      newAuditId: () => 'id',
      begin: () => undefined,
      record: (call: OwnCall) => void calls.push(call),
    },
  };
}

const QUESTION = { method: 'GET', path: '/version', reason: 'a test' } as const;

it.each([
  ['ECONNREFUSED', 'upstreamUnavailable', /^cluster "demo" cannot be reached/],
  ['EMFILE', 'outOfDescriptors', /^the gateway has no file descriptor left for a connection to cluster "demo"/],
])('a call of the gateway’s own that fails with %s is refused with %s', async (failure, code, message) => {
  const { calls, ports } = collect();
  const refusal = { code, message: expect.stringMatching(message) };
  await expect(callAsGateway(failing(failure), QUESTION, ports)).rejects.toMatchObject(refusal);
  expect(calls).toMatchObject([{ sent: true, statusCode: 0 }]);
  await expect(askWhoAmI(failing(failure), 'token')).rejects.toMatchObject(refusal);
});
