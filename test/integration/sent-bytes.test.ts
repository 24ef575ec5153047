/**
 * I1 to I4 of the security model, on the wire: what an upstream receives is the configured base path and the very bytes
 * that were judged and audited, once, with one identity and nothing of the client's; of what is refused it receives
 * nothing.
 */
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { headersForUpstream } from '../../libs/kube/testdata/header-rules-again.ts';
import { randomHeaders } from '../../libs/kube/testdata/random-headers.ts';
import { seededRandom } from '../../libs/kube/testdata/seeded-random.ts';
import { textOf } from '../requestinfo/golden.ts';
import { openOracle, type Case } from '../requestinfo/oracle.ts';
import { startRecordingUpstream, type ReceivedRequest, type RecordingUpstream } from '../support/recording-upstream.ts';
import { connectTo, readAll } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const BASE_PATH = '/k8s/clusters/c-1';
const CLUSTERS = { h1: BASE_PATH, h2: '' } as const;
type ClusterName = keyof typeof CLUSTERS;

let upstreams: Record<ClusterName, RecordingUpstream>;
let world: SmallWorld;
let token: string;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  upstreams = { h1: await startRecordingUpstream({ http2: false }), h2: await startRecordingUpstream({ http2: true }) };
  world = await startSmallWorld({}, objects());
  token = await world.tokenOf('alice');
});
afterAll(async () => {
  agent.destroy();
  await world?.stop();
  for (const upstream of Object.values(upstreams ?? {})) await upstream.stop();
});

function objects(): string {
  const object = (kind: string, name: string, spec: object): string =>
    stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name }, spec });
  const clusters = Object.keys(CLUSTERS) as ClusterName[];
  const subjects = [{ issuer: 'demo' }];
  const connect = ['pods', 'services', 'nodes'].map((resource) => `${resource}/proxy`);
  const streams = ['exec', 'attach', 'portforward'].map((subresource) => `pods/${subresource}`);
  return [
    ...clusters.map((name) =>
      object('Cluster', name, {
        server: upstreams[name].url + CLUSTERS[name],
        certificateAuthorityData: Buffer.from(upstreams[name].caPem).toString('base64'),
        credential: { token: 'the-token-of-the-gateway' },
      }),
    ),
    object('Mapping', 'recorded', {
      subjects,
      clusters,
      impersonate: { user: { from: 'username' }, groups: [{ value: 'a, b' }, { value: 'c' }] },
    }),
    object('AccessRule', 'recorded', {
      subjects,
      clusters,
      rules: [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*', ...connect, ...streams] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ],
    }),
  ].join('---\n');
}

interface Answer {
  readonly status: number;
  readonly auditId: string;
}

function ask(cluster: ClusterName, { method, target }: Case): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outbound = request(
      {
        host: '127.0.0.1',
        port: world.port,
        ca: world.ca,
        agent,
        method,
        path: `/clusters/${cluster}${target}`,
        headers: { authorization: `Bearer ${token}` },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, auditId: String(answer.headers['audit-id']) }),
        );
        answer.on('error', reject);
      },
    );
    outbound.on('error', (cause) => reject(new Error(`${method} ${target}`, { cause })));
    outbound.end();
  });
}

const received = (cluster: ClusterName, auditId: string): readonly ReceivedRequest[] =>
  upstreams[cluster].received.get(auditId) ?? [];
const valuesOf = (raw: readonly string[], name: string): string[] =>
  raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);

describe.each(Object.keys(CLUSTERS) as ClusterName[])('an upstream that speaks %s', (cluster) => {
  test('receives base path and judged bytes, and of what is refused nothing', { timeout: 180_000 }, async () => {
    const cases: Case[] = [];
    for await (const chunk of openOracle().generate({ seed: 31, count: 4000, grid: false })) cases.push(...chunk);
    // What an HTTP client can send at all; the rest is in hostile-requests.test.ts.
    const sendable = cases.filter(
      ({ method, target }) =>
        /^[A-Z]+$/.test(method) && method !== 'CONNECT' && /^\/[!-~]*$/.test(target) && target.length < 60_000,
    );
    const before = [...upstreams[cluster].received.values()].flat().length;
    const answers: Answer[] = [];
    for (let at = 0; at < sendable.length; at += 8)
      answers.push(...(await Promise.all(sendable.slice(at, at + 8).map((one) => ask(cluster, one)))));

    const rows = new Map((await world.auditRows(`cluster = '${cluster}'`)).map((row) => [row.audit_id, row]));
    const count = { forwarded: 0, refused: 0, denied: 0, http2: 0 };
    for (const [at, { method, target, outside, tuple }] of sendable.entries()) {
      const { status, auditId } = answers[at] as Answer;
      const arrived = received(cluster, auditId);
      const what = [method, target, status];
      if (status !== 200) {
        expect([...what, arrived.length]).toEqual([...what, 0]);
        if (outside === '') expect(status).toBe(403);
        else expect(status >= 400 && status < 500 && status !== 403).toBe(true);
        count[outside === '' ? 'denied' : 'refused']++;
        continue;
      }
      count.forwarded++;
      expect([...what, arrived.map((one) => `${one.method} ${one.target}`)]).toEqual([
        ...what,
        [`${method} ${CLUSTERS[cluster]}${target}`],
      ]);
      if (arrived[0]?.protocol === 'HTTP/2') count.http2++;
      const row = rows.get(auditId);
      const audited = row && [
        row.verb,
        row.api_group,
        row.api_version,
        row.namespace,
        row.resource,
        row.subresource,
        row.name,
      ];
      // The log prints what a database cannot hold as U+FFFD.
      const read = tuple!.slice(1, 8).map((text) => printable(String(text)));
      expect([...what, audited]).toEqual([...what, read]);
    }
    console.log(`${cluster}: ${JSON.stringify(count)}`);
    expect(count.forwarded).toBeGreaterThan(1000);
    expect(count.refused).toBeGreaterThan(1000);
    if (cluster === 'h2') expect(count.http2).toBeGreaterThan(50);
    expect([...upstreams[cluster].received.values()].flat().length).toBe(before + count.forwarded);
  });

  test('receives one identity and none of the client’s, whatever headers come', { timeout: 180_000 }, async () => {
    const random = seededRandom(33);
    const count = { forwarded: 0, refused: 0 };
    for (let i = 0; i < 400; i++) {
      const raw = ownHeaders(randomHeaders(random));
      // Half of them are watches, which go another way.
      const target = `/api/v1/pods${i % 2 === 0 ? '' : '?watch=1'}`;
      const answer = await sendHeaders(`GET /clusters/${cluster}${target} HTTP/1.1`, raw);
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
      const arrived = received(cluster, /^audit-id: (\S+)/im.exec(answer)?.[1] ?? '');
      if (status !== 200) {
        count.refused++;
        expect([raw, arrived]).toEqual([raw, []]);
        continue;
      }
      count.forwarded++;
      expect([raw, arrived.length]).toEqual([raw, 1]);
      const { rawHeaders, protocol } = arrived[0] as ReceivedRequest;
      expect(valuesOf(rawHeaders, 'impersonate-user')).toEqual(['demo:alice']);
      expect(valuesOf(rawHeaders, 'impersonate-group')).toEqual(['a, b', 'c']);
      expect(valuesOf(rawHeaders, 'authorization')).toEqual(['Bearer the-token-of-the-gateway']);
      expect(valuesOf(rawHeaders, 'x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(valuesOf(rawHeaders, 'audit-id')).toHaveLength(1);
      expect(JSON.stringify(rawHeaders)).not.toContain(token);
      expect([raw, theirs(rawHeaders, protocol)]).toEqual([raw, theirs(headersForUpstream(raw) as string[], protocol)]);
    }
    console.log(`${cluster}: ${JSON.stringify(count)}`);
    expect(count.forwarded).toBeGreaterThan(80);
    expect(count.refused).toBeGreaterThan(80);
  });

  test('receives no trailers', async () => {
    const socket = await connectTo(world);
    const answer = readAll(socket);
    socket.write(
      [
        `POST /clusters/${cluster}/api/v1/namespaces/x/configmaps HTTP/1.1`,
        `Host: 127.0.0.1:${world.port}`,
        `Authorization: Bearer ${token}`,
        'Trailer: Impersonate-User, X-Other',
        'Transfer-Encoding: chunked',
        'Connection: close',
        '',
        '2\r\n{}\r\n0\r\nImpersonate-User: root\r\nX-Other: 1\r\n\r\n',
      ].join('\r\n'),
    );
    const arrived = received(cluster, /^audit-id: (\S+)/im.exec(await answer)?.[1] ?? '');
    expect(arrived).toHaveLength(1);
    expect(arrived[0]?.rawTrailers).toEqual([]);
    expect(valuesOf(arrived[0]?.rawHeaders ?? [], 'impersonate-user')).toEqual(['demo:alice']);
    expect(valuesOf(arrived[0]?.rawHeaders ?? [], 'trailer')).toEqual([]);
  });
});

const printable = (bytes: string): string => textOf(bytes).toWellFormed().replaceAll('\0', '\ufffd');

/** The gateway's host, and a token that counts where there is one. */
function ownHeaders(raw: readonly string[]): string[] {
  return raw.map((value, at) => {
    const name = at % 2 === 1 ? raw[at - 1]?.toLowerCase() : undefined;
    if (name === 'host' && value === '127.0.0.1') return `127.0.0.1:${world.port}`;
    return name === 'authorization' && value === 'Bearer secret' ? `Bearer ${token}` : value;
  });
}

async function sendHeaders(line: string, raw: readonly string[]): Promise<string> {
  const socket = await connectTo(world);
  const answer = readAll(socket);
  const lines = raw.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${raw[at + 1]}`] : []));
  socket.write(Buffer.from([line, ...lines, '', ''].join('\r\n'), 'latin1'));
  if (/^transfer-encoding: *chunked/im.test(lines.join('\n'))) socket.write('0\r\n\r\n');
  else if (/^content-length: 12$/im.test(lines.join('\n'))) socket.write('x'.repeat(12));
  // Whoever leaves before the answer is not answered.
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    const length = /^content-length: (\d+)\r$/im.exec(seen)?.[1];
    if (length !== undefined && seen.length >= seen.indexOf('\r\n\r\n') + 4 + Number(length)) socket.end();
  });
  return await answer;
}

/** Headers of the client's own, as far as a protocol keeps them: HTTP/2 has lower case and no blanks around a value. */
function theirs(raw: readonly string[], protocol: string): string[] {
  const lines = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] as string] as const] : []));
  return lines
    .filter(
      ([name]) =>
        !/^(:.*|host|authorization|impersonate-.*|x-forwarded-for|audit-id|connection|content-length|transfer-encoding|upgrade)$/i.test(
          name,
        ),
    )
    .map(([name, value]) => `${protocol === 'HTTP/2' ? name.toLowerCase() : name}: ${value.trim()}`);
}
