import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, connectTo, open, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

const EXECS = 500;
const REQUESTS = 2000;
/** As many as a client that reads every group's resources at once. */
const BURST = 60;
let upstream: TestUpstream;
let world: ForwardWorld;

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest: (request, response) => {
      setTimeout(() => response.end(`answer to ${request.url}`), request.url?.includes('slow') ? 200 : 2);
    },
    onUpgrade(_request, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    },
  });
  world = await startForwardWorld({ up: upstream });
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

async function get(path: string, agent?: Agent): Promise<string> {
  const request = open(world, path, agent ? { agent } : {});
  request.end();
  const answer = await answerOf(request);
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return `${answer.statusCode} ${body}`;
}

describe('upstream connections', () => {
  it('are not opened one a request by a client’s discovery burst', async () => {
    // The client's own connections are open before: this process makes its handshakes and the upstream's.
    const agent = new Agent({ keepAlive: true, ca: world.caPem });
    const burst = (path: string) => Promise.all(Array.from({ length: BURST }, (_, i) => get(`${path}${i}`, agent)));
    await burst('/-/healthz?');
    const before = upstream.connections.length;
    expect(await burst('/clusters/up/apis/group')).toEqual(
      Array.from({ length: BURST }, (_, i) => `200 answer to /apis/group${i}`),
    );
    const opened = upstream.connections.length - before;
    console.log(`${BURST} requests at once on a cold pool: ${opened} upstream connections`);
    for (let i = 0; i < 3; i++) await burst('/clusters/up/apis/group');
    const after = upstream.connections.length - before;
    console.log(`after ${4 * BURST} requests in four bursts: ${after}`);
    // Far less where the machine is idle: the pool grows while answers take long.
    expect(after).toBeLessThan(BURST);
    agent.destroy();
  });

  it('are bounded, however many slow requests come at once, and every one is answered', async () => {
    const before = upstream.connections.length;
    const count = 600;
    const answers = await Promise.all(Array.from({ length: count }, (_, i) => get(`/clusters/up/api/v1/slow?${i}`)));
    expect(answers).toEqual(Array.from({ length: count }, (_, i) => `200 answer to /api/v1/slow?${i}`));
    console.log(`${count} slow requests at once: ${upstream.connections.length - before} more upstream connections`);
    expect(upstream.open().length).toBeLessThanOrEqual(256);
  });
});

it(`serves ${REQUESTS} short requests at once beside ${EXECS} open execs without an error`, async () => {
  const execs = await Promise.all(Array.from({ length: EXECS }, openExec));
  const agent = new Agent({ keepAlive: true, ca: world.caPem, maxSockets: REQUESTS });
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, i) => get(`/clusters/up/api/v1/pods/p-${i}`, agent)),
  );
  console.log(`${REQUESTS} requests at once took ${Math.round(performance.now() - began)} ms`);
  expect(answers).toEqual(Array.from({ length: REQUESTS }, (_, i) => `200 answer to /api/v1/pods/p-${i}`));
  agent.destroy();
  // Every exec is still there, and its own.
  await Promise.all(
    execs.map(async ({ socket, text }, i) => {
      socket.write(`exec ${i};`);
      await until(() => text().endsWith(`exec ${i};`), 10_000, `the echo of exec ${i}`);
      socket.destroy();
    }),
  );
});

async function openExec(): Promise<{ socket: Duplex; text: () => string }> {
  const socket = await connectTo(world);
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(
    `GET /clusters/up/api/v1/namespaces/a/pods/p/exec HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await until(() => text.includes('\r\n\r\n'), 30_000, 'the 101');
  expect(text).toMatch(/^HTTP\/1\.1 101/);
  return { socket, text: () => text };
}
