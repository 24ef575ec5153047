import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTo, until } from '../support/ask-gateway.ts';
import { startRawUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/** Clients that leave, stall or send bytes that cannot be read while something is under way on their connection. */
const EXEC = '/clusters/raw/api/v1/namespaces/a/pods/p/exec?command=sh';
const LOG = '/clusters/raw/api/v1/namespaces/a/pods/p/log?follow=true';
const LIST = '/clusters/raw/api/v1/pods';
const LIMITS = {
  GATEHOUSE_TIMEOUTS_SHORT_REQUEST_SECONDS: '2',
  GATEHOUSE_TIMEOUTS_STALLED_READER_SECONDS: '2',
  GATEHOUSE_TIMEOUTS_STALLED_STREAM_SECONDS: '2',
};
let upstream: TestUpstream;
let world: ForwardWorld;
let plain: ForwardWorld;
/** What the upstream does once it has read a request. */
let respond: (socket: TLSSocket, request: string) => void;

beforeAll(async () => {
  upstream = await startRawUpstream({
    protocols: ['http/1.1'],
    onConnection(socket) {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        const request = text;
        text = '';
        if (request.startsWith('GET /version') || request.startsWith('POST '))
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
        else respond(socket, request);
      });
    },
  });
  world = await startForwardWorld({ raw: upstream }, LIMITS);
  plain = await startForwardWorld({ raw: upstream }, { ...LIMITS, GATEHOUSE_TLS_DISABLED: 'true' });
});
afterAll(async () => {
  await world.stop();
  await plain.stop();
  await upstream.stop();
});

const get = (at: ForwardWorld, path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${at.port}\r\nAuthorization: Bearer ${at.token}\r\n${more}\r\n`;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
/** A request that goes to Node's server, which reads those behind it at once. */
const BY_NODE = 'Content-Length: 0\r\n';

/** A client's connection and what it has received. */
async function connected(at: ForwardWorld): Promise<{ socket: Awaited<ReturnType<typeof connectTo>>; text(): string }> {
  const socket = await connectTo(at);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return { socket, text: () => text };
}

/** As a process that ends. */
function leave(socket: { end(): unknown; destroy(): unknown }): void {
  socket.end();
  setTimeout(() => void socket.destroy(), 50);
}

describe.each([
  ['TLS', () => world],
  ['plain HTTP', () => plain],
])('over %s', (_protocol, at) => {
  it('a client that leaves before the 101 ends the tunnel', async () => {
    let asked = false;
    let ended = false;
    respond = (socket) => {
      asked = true;
      socket.once('end', () => (ended = true));
      socket.once('close', () => (ended = true));
      setTimeout(() => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      }, 300);
    };
    const { socket } = await connected(at());
    socket.write(get(at(), EXEC, UPGRADE));
    await until(() => asked, 5000, 'the upstream has the request');
    leave(socket);
    await until(() => ended, 5000, 'the upstream connection ended');
  });

  it('a client that leaves while a refused upgrade stalls ends the exchange', async () => {
    let closed = false;
    respond = (socket) => {
      socket.once('close', () => (closed = true));
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf');
    };
    const { socket, text } = await connected(at());
    socket.write(get(at(), EXEC, UPGRADE));
    await until(() => text().endsWith('half'), 5000, 'half of the response');
    leave(socket);
    await until(() => closed, 8000, 'the upstream connection closed');
  });

  it('a response that waits behind a watch gives its connection back', async () => {
    let lists = 0;
    let closed = 0;
    respond = (socket, request) => {
      if (request.includes('watch=1'))
        return void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n');
      lists++;
      socket.once('close', () => closed++);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n');
      socket.write('x'.repeat(3_000_000));
    };
    const { socket } = await connected(at());
    socket.write(get(at(), `${LIST}?watch=1`, BY_NODE) + get(at(), LIST).repeat(4));
    await until(() => lists === 4, 5000, 'all lists have reached the upstream');
    await until(() => closed === 4, 8000, 'their connections closed');
    socket.destroy();
  });

  it('a response that waits behind a watch and breaks off cuts its connection', async () => {
    let broken = false;
    respond = (socket, request) => {
      if (request.includes('watch=1'))
        return void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n');
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\nhalf');
      setTimeout(() => {
        broken = true;
        socket.destroy();
      }, 100);
    };
    const { socket } = await connected(at());
    socket.write(get(at(), `${LIST}?watch=1`, BY_NODE) + get(at(), LIST));
    await until(() => broken, 5000, 'the list broke off');
    await until(() => socket.destroyed, 5000, 'the connection closed');
  });

  it('unreadable bytes behind a request never become part of its response', async () => {
    respond = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\nhalf');
    const { socket, text } = await connected(at());
    socket.write(get(at(), LOG, BY_NODE));
    await until(() => text().endsWith('half'), 5000, 'half of the response');
    socket.write('\x01\x02\r\n\r\n');
    await until(() => socket.destroyed, 5000, 'the connection closed');
    expect(text().endsWith('half')).toBe(true);
  });
});
