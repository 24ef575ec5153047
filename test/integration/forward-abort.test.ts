import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forwardRequest, forwardUpgrade, type ForwardInput } from '#forward';
import { openUpstream, responseOnSocket, type RunningExchange, type UpstreamConnections } from '#http';
import { parseRequest, readRequestHeaders } from '#kube';
import { writeStatus } from '#pipeline';
import { until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';

/** What whoever revokes a credential, removes a cluster or shuts down relies on: one call ends both sides at once. */
const LIST = '/api/v1/pods';
const WATCH = '/api/v1/pods?watch=1';
const EXEC = '/api/v1/namespaces/a/pods/p/exec';
let upstream: TestUpstream;
let connections: UpstreamConnections;
let forwarding: RunningExchange | undefined;
let answers = true;
/** Ends the next exchanges in the very moment in which they begin. */
let atOnce = false;
/** Sides of exchanges that the upstream holds open. */
const held: { closed: boolean }[] = [];

const server = createServer((request, response) => {
  forwarding = forwardRequest(inputFor(request), response);
  if (atOnce) forwarding.abort('draining');
  void forwarding.outcome.then(({ refusal }) => {
    if (refusal) writeStatus(response, refusal.code, refusal.message, 'id');
  });
});
server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
  const response = () => responseOnSocket(request, socket);
  forwarding = forwardUpgrade(inputFor(request), { socket, head, response });
  if (atOnce) forwarding.abort('draining');
  void forwarding.outcome.then(({ refusal }) => {
    if (refusal) writeStatus(response(), refusal.code, refusal.message, 'id');
  });
});

beforeAll(async () => {
  const hold = (side: Duplex | IncomingMessage['socket']): void => {
    const entry = { closed: false };
    held.push(entry);
    side.once('close', () => (entry.closed = true));
  };
  upstream = await startUpstream({
    onRequest(request, response) {
      hold(request.stream ?? request.socket);
      if (answers) response.writeHead(200).write('half');
    },
    onUpgrade(_request, socket) {
      hold(socket);
      socket.resume();
      if (answers)
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhalf');
    },
  });
  connections = openUpstream(
    `https://127.0.0.1:${upstream.port}`,
    { host: '127.0.0.1', port: upstream.port, ca: upstream.caPem },
    {
      connectTimeoutSeconds: 5,
      ownHttp1: !process.env.GATEHOUSE_TEST_NODE_HTTP1,
      pool: { maxConnections: 256, maxWaiting: 0, contendedStallMs: 10_000 },
      now: Date.now,
      reportFault: () => {},
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await upstream.stop();
  await connections.close();
});

function inputFor(request: IncomingMessage): ForwardInput {
  const parsed = parseRequest(request.method ?? '', request.url ?? '');
  const read = readRequestHeaders(request.rawHeaders);
  if (!parsed.ok || !read.ok) throw new Error('the test asks for what the gateway refuses');
  return {
    body: request,
    decision: { allowed: true, cluster: 'up', request: parsed.request } as never,
    grant: { mode: 'impersonate', cluster: 'up', mapping: 'm', user: 'alice', groups: [], extra: {} } as never,
    headers: read.headers,
    upstream: {
      name: 'up',
      hostHeader: `127.0.0.1:${upstream.port}`,
      basePath: '',
      credentialProblem: undefined,
      gatewayAuthorization: () => undefined,
      connections: () => connections,
    },
    flow: 'alice',
    auditId: 'id',
    clientAddress: '127.0.0.1',
    clusterPrefix: '',
    timeouts: { shortRequestSeconds: 60, stalledReaderSeconds: 60, stalledStreamSeconds: 3600 },
    maxBodyBytes: Number.POSITIVE_INFINITY,
  };
}

/** Status and text that the client gets until its connection closes, and whether that was the answer's end. */
function askFor(path: string): Promise<{ status: number; text: string; whole: boolean }> {
  return new Promise((resolve) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      path,
      agent: false,
      headers: path === EXEC ? { connection: 'Upgrade', upgrade: 'websocket' } : {},
    });
    const read = (source: IncomingMessage | Duplex, status: number, head = ''): void => {
      let text = head;
      source.on('data', (chunk) => (text += String(chunk)));
      source.on('error', () => {});
      source.once('close', () => resolve({ status, text, whole: (source as IncomingMessage).complete }));
    };
    request.on('response', (answer) => read(answer, answer.statusCode ?? 0));
    request.on('upgrade', (_answer, socket, head) => read(socket, 101, String(head)));
    request.on('error', () => {});
    request.end();
  });
}

const WAYS = [
  ['a short request', LIST],
  ['a watch', WATCH],
  ['an upgrade', EXEC],
] as const;

describe('abort', () => {
  it.each(WAYS)('refuses %s that has no answer yet, and ends its upstream side', async (_what, path) => {
    answers = false;
    held.length = 0;
    const asked = askFor(path);
    await until(() => held.length === 1, 5000, 'the upstream has it');
    forwarding?.abort('expiredCredential', 'revoked');
    const { status, text } = await asked;
    expect(status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({ kind: 'Status', code: 401, message: 'revoked' });
    await until(() => held[0]?.closed === true, 5000, 'the upstream side closed');
    expect(await forwarding?.outcome).toMatchObject({ statusCode: 0, refusal: { code: 'expiredCredential' } });
  });

  it.each(WAYS)('cuts %s that has one, on both sides, and says so', async (_what, path) => {
    answers = true;
    held.length = 0;
    const asked = askFor(path);
    await until(() => held.length === 1, 5000, 'the upstream has it');
    await new Promise((resolve) => setTimeout(resolve, 100));
    forwarding?.abort('expiredCredential');
    const { status, text, whole } = await asked;
    expect([status, text, whole]).toEqual([path === EXEC ? 101 : 200, 'half', path === EXEC ? undefined : false]);
    await until(() => held[0]?.closed === true, 5000, 'the upstream side closed');
    const outcome = await forwarding?.outcome;
    expect(outcome).toMatchObject({ aborted: 'gateway', abortCode: 'expiredCredential', bytesOut: 4 });
    // A second one, or one after the end, has no effect.
    forwarding?.abort('denied');
    expect(await forwarding?.outcome).toBe(outcome);
  });

  it('before a connection is open sends nothing', async () => {
    answers = true;
    held.length = 0;
    for (const { socket } of upstream.open()) socket.destroy();
    await until(() => upstream.open().length === 0, 5000, 'no connection left');
    atOnce = true;
    for (const [, path] of WAYS) expect((await askFor(path)).status).toBe(503);
    atOnce = false;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(held).toEqual([]);
  });
});
