import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, connectTo, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/**
 * Nothing that the gateway carries is lost, however slowly a side reads; limits count from the last progress. The
 * gateway before this rule gave a tunnel one second after its first end.
 */
const EXEC = '/clusters/up/api/v1/namespaces/a/pods/p/exec?command=sh&stdin=true';
const LIST = '/clusters/up/api/v1/pods';
const MIB = 1024 * 1024;
const STALLED_SECONDS = 2;
const PAUSE_EVERY_BYTES = 128 * 1024;
const SETTINGS = {
  GATEHOUSE_TIMEOUTS_STALLED_STREAM_SECONDS: String(STALLED_SECONDS),
  GATEHOUSE_TIMEOUTS_STALLED_READER_SECONDS: String(STALLED_SECONDS),
  GATEHOUSE_TIMEOUTS_IDLE_CONNECTION_SECONDS: '1',
  GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1',
};
const protocols = ['websocket', 'SPDY/3.1'] as const;
const switched = (protocol: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

let cases = 0;
/** A target of its own for each case, so that its record is found. */
const next = (path: string): string => `${path}${path.includes('?') ? '&' : '?'}case=${++cases}`;

describe.each([
  ['TLS', 'the own HTTP/1.1 code', {}],
  ['plain HTTP', 'Node’s server and undici', { GATEHOUSE_TLS_DISABLED: 'true', GATEHOUSE_HTTP_OWN_HTTP1: 'false' }],
])('by %s, carried by %s', (_scheme, _engine, environment) => {
  let upstream: TestUpstream;
  let world: ForwardWorld;
  let onUpgrade: (socket: Duplex) => void;
  let onRequest: Parameters<typeof startUpstream>[0]['onRequest'] = (_request, response) => void response.end('ok');

  beforeAll(async () => {
    upstream = await startUpstream({
      onRequest: (request, response) => onRequest(request, response),
      onUpgrade: (_request, socket) => {
        socket.on('error', () => {});
        onUpgrade(socket);
      },
    });
    world = await startForwardWorld({ up: upstream }, { ...SETTINGS, ...environment });
  });
  afterAll(async () => {
    await world.stop();
    await upstream.stop();
  });

  /** Asks for an upgrade and reads nothing yet. */
  async function upgrade(target: string, protocol: string): Promise<Socket> {
    const socket = await connectTo(world);
    socket.pause();
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    return socket;
  }

  /** Counts to the end of the connection, behind the head. */
  async function countBody(socket: Socket, pauseMs = 0): Promise<number> {
    let head = '';
    let bytes = 0;
    let restsAt = PAUSE_EVERY_BYTES;
    socket.on('data', (chunk: Buffer) => {
      if (head.includes('\r\n\r\n')) bytes += chunk.length;
      else {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end >= 0) bytes = head.length - end - 4;
      }
      if (pauseMs === 0 || bytes < restsAt) return;
      restsAt = bytes + PAUSE_EVERY_BYTES;
      socket.pause();
      setTimeout(() => socket.resume(), pauseMs);
    });
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    return bytes;
  }

  async function recordOf(target: string) {
    let found: Awaited<ReturnType<ForwardWorld['records']>>[number] | undefined;
    await until(
      async () => {
        [found] = await world.records(target);
        return found?.stage === 'ResponseComplete';
      },
      8000,
      `the record of ${target}`,
    );
    return found?.annotations ?? {};
  }

  it.each(protocols)('%s: all that an upstream sent before its end reaches a client that rests', async (protocol) => {
    const size = 5 * MIB;
    const target = next(EXEC);
    onUpgrade = (socket) => {
      socket.write(switched(protocol));
      socket.end(Buffer.alloc(size, 'x'));
    };
    const client = await upgrade(target, protocol);
    await rest(1500);
    expect(await countBody(client)).toBe(size);
    expect((await recordOf(target))['gatehouse.dev/aborted']).toBeUndefined();
  });

  it.each(protocols)('%s: all that a client sent before its end reaches an upstream that rests', async (protocol) => {
    const size = 5 * MIB;
    let received = 0;
    let ended = false;
    onUpgrade = (socket) => {
      socket.write(switched(protocol));
      socket.pause();
      setTimeout(() => {
        socket.on('data', (chunk: Buffer) => (received += chunk.length));
        socket.on('end', () => (ended = true));
        socket.resume();
      }, 1500);
    };
    const client = await upgrade(next(EXEC), protocol);
    client.resume();
    await new Promise((resolve) => client.once('data', resolve));
    client.end(Buffer.alloc(size, 'y'));
    await until(() => ended, 10_000, 'the end at the upstream');
    expect(received).toBe(size);
  });

  it('a reader slower than the limit gets everything, as long as it goes on reading', { timeout: 30_000 }, async () => {
    const size = 4 * MIB;
    onUpgrade = (socket) => {
      socket.write(switched('websocket'));
      socket.end(Buffer.alloc(size, 'x'));
    };
    const client = await upgrade(next(EXEC), 'websocket');
    const startedAt = performance.now();
    expect(await countBody(client, 120)).toBe(size);
    expect(performance.now() - startedAt).toBeGreaterThan(STALLED_SECONDS * 1000);
  });

  it('the body of a refused upgrade reaches a client that rests', async () => {
    const size = 2 * MIB;
    onUpgrade = (socket) => {
      socket.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'x'));
    };
    const client = await upgrade(next(EXEC), 'websocket');
    await rest(1500);
    expect(await countBody(client)).toBe(size);
  });

  it('a client that reads nothing of a short response is cut, and its upstream connection serves others', async () => {
    const target = next(LIST);
    let closed = false;
    onRequest = (request, response) => {
      request.socket.once('close', () => (closed = true));
      response.on('close', () => (closed = true));
      response.writeHead(200, { 'content-length': 64 * MIB });
      response.write(Buffer.alloc(64 * MIB, 'x'));
    };
    const client = await connectTo(world);
    client.pause();
    client.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\n\r\n`,
    );
    await until(() => closed, 8000, 'the upstream side closed');
    const annotations = await recordOf(target);
    expect(annotations['gatehouse.dev/aborted']).toBe('client');
    expect(annotations['gatehouse.dev/cause']).toContain('the client read nothing for 2 s');
    client.destroy();
    onRequest = (_request, response) => void response.end('ok');
    expect((await ask(world, LIST)).status).toBe(200);
  });

  it('the tail of a short response reaches a client that rests for longer than a connection may idle', async () => {
    const size = 700 * 1024;
    onRequest = (_request, response) => void response.end(Buffer.alloc(size, 'x'));
    const client = await connectTo(world);
    client.pause();
    client.write(
      `GET ${next(LIST)} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: close\r\n\r\n`,
    );
    await rest(3500);
    expect(await countBody(client)).toBeGreaterThanOrEqual(size);
  });

  it('what a shutdown ends is recorded as ended by the gateway', async () => {
    const targets = [next(LIST), next(EXEC)] as const;
    let begun = 0;
    onRequest = (_request, response) => {
      begun++;
      response.writeHead(200).write('half');
    };
    onUpgrade = (socket) => {
      begun++;
      socket.write(switched('websocket'));
    };
    const asked = ask(world, targets[0]);
    const client = await upgrade(targets[1], 'websocket');
    client.resume();
    await until(() => begun === 2, 5000, 'both are under way');
    process.kill(world.pid, 'SIGTERM');
    expect((await asked).broken).toBeDefined();
    for (const target of targets)
      expect(await recordOf(target)).toMatchObject({
        'gatehouse.dev/aborted': 'gateway',
        'gatehouse.dev/abortCode': 'draining',
      });
  });
});
