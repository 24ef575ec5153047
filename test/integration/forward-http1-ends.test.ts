import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, ask, connectTo, open, until } from '../support/ask-gateway.ts';
import { startRawUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/** Every way in which an HTTP/1.1 exchange can end, by an upstream that writes and closes by hand. */
const PODS = '/clusters/raw/api/v1/namespaces/a/pods';
type Act = (socket: TLSSocket, head: string) => void;
let acts: Act[] = [];
let requests = 0;
const bodies: Buffer[] = [];
let upstream: TestUpstream;
let world: ForwardWorld;
let plain: ForwardWorld;

const whole: Act = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole');
const say =
  (text: string, then: (socket: TLSSocket) => void = () => {}): Act =>
  (socket) => {
    socket.write(text);
    setTimeout(() => then(socket), 50);
  };
const rst = (): void => upstream.reset();

beforeAll(async () => {
  upstream = await startRawUpstream({
    protocols: ['http/1.1'],
    onConnection(socket) {
      let head = '';
      let inBody = false;
      let over = false;
      socket.on('data', (chunk: Buffer) => {
        if (over) return;
        if (inBody) return void bodies.push(chunk);
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const rest = head.slice(end + 4);
        const request = head.slice(0, end);
        head = '';
        // What the gateway asks about itself when it starts is not part of any exchange here.
        if (/^POST \/apis\/auth(?:entic|oriz)ation\.k8s\.io\//.test(request)) {
          over = true;
          return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        }
        inBody = /^(content-length|transfer-encoding):/im.test(request);
        if (rest) bodies.push(Buffer.from(rest, 'latin1'));
        requests++;
        (acts.shift() ?? whole)(socket, request);
      });
    },
  });
  world = await startForwardWorld({ raw: upstream });
  plain = await startForwardWorld({ raw: upstream }, { GATEHOUSE_TLS_DISABLED: 'true' });
});

beforeEach(async () => {
  acts = [];
  bodies.length = 0;
  for (const { socket } of upstream.open()) socket.destroy();
  await until(() => upstream.open().length === 0, 5000, 'no connection left over');
  requests = 0;
});

afterAll(async () => {
  await world.stop();
  await plain.stop();
  await upstream.stop();
});

describe('an answer that breaks off', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n';
  const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf';
  const unsized = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf';
  const ways: Record<string, Act> = {
    'chunked, by the end of the connection': say(chunked, (socket) => socket.end()),
    'chunked, by a reset': say(chunked, rst),
    'sized, by the end of the connection': say(sized, (socket) => socket.end()),
    'sized, by a reset': say(sized, rst),
    'without a length, by a reset': say(unsized, rst),
  };
  it.each(Object.keys(ways))('%s, is never taken for a whole one, nor asked for again', async (name) => {
    acts = [ways[name] as Act];
    const asked = await ask(world, PODS);
    expect(asked.broken).toBeDefined();
    expect([asked.status, String(asked.body), requests]).toEqual([200, 'half', 1]);
  });

  it('is whole where it has no length and the connection ended', async () => {
    acts = [say(unsized, (socket) => socket.end())];
    const asked = await ask(world, PODS);
    expect([asked.broken, String(asked.body)]).toEqual([undefined, 'half']);
  });

  it('resets an HTTP/1.0 client without TLS, which would take an end for the end of the body', async () => {
    acts = [say(chunked, (socket) => socket.end())];
    const socket = await connectTo(plain);
    let text = '';
    let error = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (error = String(code)));
    socket.write(
      `GET ${PODS} HTTP/1.0\r\nHost: 127.0.0.1:${plain.port}\r\nAuthorization: Bearer ${plain.token}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/half$/);
    expect(error).toBe('ECONNRESET');
  });
});

describe('a request without an answer', () => {
  const close: Act = (socket) => socket.end();

  it('is not sent again where the connection was new', async () => {
    acts = [close, whole];
    expect((await ask(world, PODS)).status).toBe(502);
    expect(requests).toBe(1);
  });

  it('is not sent again where an answer had begun', async () => {
    acts = [whole, say('HTTP/1.1 2', (socket) => socket.end()), whole];
    await ask(world, PODS);
    expect((await ask(world, PODS)).status).toBe(502);
    expect(requests).toBe(2);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is not sent again for %s', async (method) => {
    acts = [whole, close, whole];
    await ask(world, PODS);
    expect((await ask(world, PODS, { method })).status).toBe(502);
    expect(requests).toBe(2);
  });

  it.each([
    ['ended', close],
    ['reset', rst],
  ] as const)('is sent again, once, for a GET whose pooled connection was %s', async (_how, act) => {
    const uri = `${PODS}?again=${_how}`;
    acts = [whole, act, whole];
    await ask(world, PODS);
    const asked = await ask(world, uri);
    expect([asked.status, String(asked.body), requests]).toEqual([200, 'whole', 3]);
    await until(
      async () => (await world.records(uri))[0]?.annotations['gatehouse.dev/upstream-requests'] === '2',
      5000,
      'the record',
    );
  });

  it('is 504 where the upstream stays silent', async () => {
    const impatient = await startForwardWorld({ raw: upstream }, { GATEHOUSE_TIMEOUTS_SHORT_REQUEST_SECONDS: '1' });
    acts = [() => {}];
    expect((await ask(impatient, PODS)).status).toBe(504);
    acts = [say('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf')];
    expect((await ask(impatient, PODS)).broken).toBeDefined();
    await impatient.stop();
  });
});

describe('a client that leaves', () => {
  it.each([
    ['before an answer', () => {}],
    ['in an answer', say('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf')],
  ] as const)('%s ends the upstream request within a second, as does half a close', async (when, act) => {
    for (const leave of ['destroy', 'end'] as const) {
      acts = [act];
      requests = 0;
      const socket = await connectTo(world);
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.write(
        `GET ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\n\r\n`,
      );
      await until(() => (when === 'before an answer' ? requests === 1 : text.endsWith('half')), 5000, 'the request');
      const left = performance.now();
      socket[leave]();
      await until(() => upstream.open().length === 0, 5000, `the upstream connection closed after ${leave}`);
      console.log(`${when}, ${leave}: upstream closed after ${Math.round(performance.now() - left)} ms`);
      socket.destroy();
    }
  });

  it('in its body, chunked or sized, never gives the upstream a whole one', async () => {
    // More than is kept until the body is whole: a shorter one takes no connection before its end.
    const half = 'half'.repeat(64 * 1024);
    for (const head of [
      `Transfer-Encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}\r\n`,
      `Content-Length: ${2 * half.length}\r\n\r\n${half}`,
    ]) {
      acts = [() => {}];
      bodies.length = 0;
      const socket = await connectTo(world);
      socket.write(
        `POST ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\n${head}`,
      );
      await until(() => Buffer.concat(bodies).includes('half'), 5000, 'the half body');
      socket.destroy();
      await until(() => upstream.open().length === 0, 5000, 'the upstream connection closed');
      expect(String(Buffer.concat(bodies))).not.toMatch(/0\r\n\r\n$/);
    }
  });
});

it('a client that leaves in a short body has used no upstream connection', async () => {
  acts = [() => {}];
  requests = 0;
  const socket = await connectTo(world);
  socket.write(
    `POST ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nContent-Length: 8\r\n\r\nhalf`,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.destroy();
  await until(
    async () => (await world.records(PODS))[0]?.annotations['gatehouse.dev/aborted'] === 'client',
    5000,
    'the record',
  );
  expect(requests).toBe(0);
});

describe('an upstream that will not read a body', () => {
  it('is answered for at once, and the client’s connection serves on or closes, but never hangs', async () => {
    for (const act of [
      say('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', (socket) => socket.end()),
      (socket: TLSSocket) => socket.destroy(),
    ]) {
      acts = [act];
      const request = open(world, PODS, { method: 'POST', headers: { 'content-length': String(64 * 1024 * 1024) } });
      request.on('error', () => {});
      const answered = answerOf(request);
      request.write(Buffer.alloc(1024 * 1024));
      const { statusCode } = await answered;
      expect([413, 502]).toContain(statusCode);
      for (let sent = 1; sent < 64; sent++) request.write(Buffer.alloc(1024 * 1024));
      request.end();
      await new Promise((resolve) => request.once('close', resolve));
    }
  });
});
