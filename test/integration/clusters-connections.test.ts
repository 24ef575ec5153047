/** What a Cluster's connections share (nothing) and when they change (as the files of a pod do). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { callAsGateway, openCluster, probeHealth, type ClusterConnection } from '#clusters';
import { createAuthority, issueServerCertificate } from '../cluster/issue-certificates.ts';

interface Seen {
  readonly port: number;
  readonly resumed: boolean;
  readonly authorization: string | undefined;
}

const authorities = [await createAuthority('first'), await createAuthority('second')] as const;
const certificates = await Promise.all(
  authorities.map((authority) => issueServerCertificate(authority, ['localhost'], ['127.0.0.1'])),
);
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pod-'));
let server: Server;
let seen: Seen[] = [];
let nowMs = Date.parse('2026-01-01T00:00:00Z');
const open: ClusterConnection[] = [];

beforeAll(async () => {
  const [first] = certificates;
  server = createServer({ cert: first?.certPem, key: first?.keyPem }, (request, response) => {
    const socket = request.socket as TLSSocket;
    const { authorization } = request.headers;
    seen.push({ port: socket.remotePort ?? 0, resumed: socket.isSessionReused(), authorization });
    response.end('{"gitVersion": "v1.36.3"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((cluster) => cluster.close()));
  seen = [];
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
async function openTo(name: string, spec: object, more: object = {}): Promise<ClusterConnection> {
  const object = {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name, uid: name },
    spec: { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ...spec },
  };
  const cluster = await openCluster(object, {
    readSecret: async () => `token-of-${name}`,
    inClusterDirectory: folder,
    connectTimeoutSeconds: 5,
    allowLoopback: false,
    now: () => nowMs,
    ...more,
  });
  open.push(cluster);
  return cluster;
}
const ports = { now: () => nowMs, newAuditId: () => 'id', begin: () => undefined, record() {} };
async function ask(cluster: ClusterConnection): Promise<number> {
  const { statusCode } = await callAsGateway(cluster, { method: 'GET', path: '/version', reason: 'test' }, ports);
  // A connection is free for the next request a turn later.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return statusCode;
}

test('two clusters at one server share no socket and no TLS session, nor does one with its former self', async () => {
  const spec = { certificateAuthorityData: base64(authorities[0].certPem), credential: { type: 'token' } };
  const [one, two, again] = [await openTo('one', spec), await openTo('two', spec), await openTo('one', spec)];
  for (const cluster of [one, two, again, one, two, again]) expect(await ask(cluster)).toBe(200);
  expect(new Set(seen.map(({ port }) => port)).size).toBe(3);
  expect(seen.map(({ resumed }) => resumed)).toEqual(seen.map(() => false));
  expect(seen.map(({ authorization }) => authorization)).toEqual(
    ['one', 'two', 'one', 'one', 'two', 'one'].map((name) => `Bearer token-of-${name}`),
  );
});

test('a pod without its files is told so; when they come they are used, and again when they rotate', async () => {
  const cluster = await openTo('pod', { credential: { type: 'inCluster' } });
  expect(cluster.credentialProblem).toContain('no service-account token');
  await expect(ask(cluster)).rejects.toThrow('no service-account token');
  const write = (token: string, caPem: string): void => {
    writeFileSync(join(folder, 'token'), `${token}\n`);
    writeFileSync(join(folder, 'ca.crt'), caPem);
  };
  write('first-token', authorities[0].certPem);
  nowMs += 31_000;
  expect(cluster.credentialProblem).toBeUndefined();
  expect(await ask(cluster)).toBe(200);
  expect(seen.at(-1)?.authorization).toBe('Bearer first-token');

  // The cluster changes its authority, then the kubelet the files: until they are read again what is open goes on.
  const [, second] = certificates;
  server.setSecureContext({ cert: second?.certPem ?? '', key: second?.keyPem ?? '' });
  write('second-token', authorities[1].certPem);
  nowMs += 20_000;
  expect(await ask(cluster)).toBe(200);
  expect(seen.at(-1)?.authorization).toBe('Bearer first-token');
  nowMs += 11_000;
  expect(await ask(cluster)).toBe(200);
  expect(seen.at(-1)?.authorization).toBe('Bearer second-token');
  expect(new Set(seen.map(({ port }) => port)).size).toBe(2);

  // A file that is away for a moment changes nothing.
  rmSync(join(folder, 'token'));
  nowMs += 31_000;
  expect(await ask(cluster)).toBe(200);
  expect(seen.at(-1)?.authorization).toBe('Bearer second-token');
});

test('health says why a cluster is not reached: another authority, nobody there, an address that is not allowed', async () => {
  const problems = async (spec: object): Promise<string> =>
    (await probeHealth(await openTo('sick', { credential: { type: 'token' }, ...spec }), ports)).problems.join();
  const port = String((server.address() as AddressInfo).port);
  expect(await problems({ certificateAuthorityData: base64(authorities[0].certPem) })).toMatch(
    /cannot be reached: .*cert/i,
  );
  expect(await problems({ server: 'https://127.0.0.1:1' })).toContain('ECONNREFUSED');
  const { certPem } = authorities[1];
  const health = await probeHealth(
    await openTo('well', {
      server: `https://localhost:${port}`,
      certificateAuthorityData: base64(certPem),
      credential: { type: 'token' },
    }),
    ports,
  );
  expect(health).toMatchObject({ reachable: true, version: 'v1.36.3', certificateExpiresAt: expect.any(String) });
});
