import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectTo, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/** Upgrades and their tunnels, by an upstream that answers them by hand. */
const EXEC = '/clusters/up/api/v1/namespaces/a/pods/p/exec?command=sh&stdin=true';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const CLOSED_WITHIN_MS = 5000;
let upstream: TestUpstream;
let world: ForwardWorld;
let onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest: (_request, response) => void response.writeHead(200).end('ok'),
    onUpgrade: (request, socket, head) => onUpgrade(request, socket, head),
  });
  world = await startForwardWorld({ up: upstream });
});

beforeEach(async () => {
  for (const { socket } of upstream.open()) socket.destroy();
  await until(() => upstream.open().length === 0, 5000, 'no connection left over');
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

interface Client {
  readonly socket: Socket;
  readonly received: Buffer[];
  text(): string;
}

async function upgrade(early = ''): Promise<Client> {
  const socket = await connectTo(world);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.write(
    `GET ${EXEC} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n${early}`,
  );
  return { socket, received, text: () => Buffer.concat(received).toString('latin1') };
}

const closed = (socket: Duplex): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
const soon = async (socket: Duplex, what: string): Promise<void> => {
  const from = performance.now();
  await until(() => socket.destroyed, CLOSED_WITHIN_MS, what);
  console.log(`${what}: after ${Math.round(performance.now() - from)} ms`);
};

describe('an upgrade that the upstream refuses', () => {
  it.each([
    ['HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', /^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nno$/],
    ['HTTP/1.1 302 Found\r\nLocation: /api\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1\.1 302 [\s\S]*\/clusters\/up\/api/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', /^HTTP\/1\.1 200 [\s\S]*ok$/],
  ])('is relayed and both connections are closed (%j)', async (answer, expected) => {
    let upstreamSocket: Duplex | undefined;
    onUpgrade = (_request, socket) => {
      upstreamSocket = socket;
      socket.write(answer);
    };
    const client = await upgrade('GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n');
    await closed(client.socket);
    expect(client.text()).toMatch(expected);
    expect(client.text().match(/HTTP\/1\.1 /g)).toHaveLength(1);
    await until(() => upstreamSocket?.destroyed === true, 5000, 'the upstream connection closed');
    expect(upstream.open()).toHaveLength(0);
  });

  it('of which nothing comes but the end of the connection is 502', async () => {
    onUpgrade = (_request, socket) => void socket.destroy();
    const client = await upgrade();
    await closed(client.socket);
    expect(client.text()).toMatch(/^HTTP\/1\.1 502/);
  });
});

describe('a tunnel', () => {
  it('carries early bytes of both sides behind the 101, and not before', async () => {
    let head = '';
    onUpgrade = (_request, socket, early) => {
      head = String(early);
      socket.on('data', (chunk) => (head += String(chunk)));
      setTimeout(() => {
        expect(head).toBe('');
        socket.write(`${SWITCHED}early from upstream`);
      }, 50);
    };
    const client = await upgrade('early from client');
    await until(() => head === 'early from client', 5000, 'the early bytes');
    await until(() => client.text().endsWith('early from upstream'), 5000, 'those of the upstream');
    expect(client.text()).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\nearly from upstream$/);
    client.socket.destroy();
  });

  it('carries 50 MB each way at once, unharmed', async () => {
    const block = randomBytes(1024 * 1024);
    const sent = createHash('sha256');
    for (let i = 0; i < 50; i++) sent.update(block);
    const wanted = sent.digest('hex');
    const upstreamHash = createHash('sha256');
    let upstreamBytes = 0;
    const writeAll = async (socket: Duplex): Promise<void> => {
      for (let i = 0; i < 50; i++)
        if (!socket.write(block)) await new Promise((resolve) => socket.once('drain', resolve));
    };
    onUpgrade = (_request, socket) => {
      socket.write(SWITCHED);
      socket.on('data', (chunk: Buffer) => {
        upstreamBytes += chunk.length;
        upstreamHash.update(chunk);
      });
      void writeAll(socket);
    };
    const client = await upgrade();
    await until(() => client.text().includes('\r\n\r\n'), 5000, 'the 101');
    await writeAll(client.socket);
    const size = 50 * block.length;
    const body = (): Buffer => {
      const all = Buffer.concat(client.received);
      return all.subarray(all.indexOf('\r\n\r\n') + 4);
    };
    await until(() => upstreamBytes === size && body().length === size, 20_000, 'all bytes');
    expect(upstreamHash.digest('hex')).toBe(wanted);
    expect(createHash('sha256').update(body()).digest('hex')).toBe(wanted);
    client.socket.destroy();
  });

  it('ends on both sides when either end leaves, abruptly or not', async () => {
    for (const [who, how] of [
      ['client', 'destroy'],
      ['client', 'end'],
      ['upstream', 'destroy'],
      ['upstream', 'end'],
    ] as const) {
      let upstreamSocket: Duplex | undefined;
      onUpgrade = (_request, socket) => {
        upstreamSocket = socket;
        socket.resume();
        socket.write(SWITCHED);
      };
      const client = await upgrade();
      await until(() => client.text().includes('\r\n\r\n'), 5000, 'the 101');
      const sides: readonly Duplex[] = [client.socket, upstreamSocket as Duplex];
      const [leaves, stays] = (who === 'client' ? sides : sides.toReversed()) as [Duplex, Duplex];
      if (how === 'end') leaves.end();
      else leaves.destroy();
      await soon(stays, `${who} ${how}: the other side closed`);
    }
  });

  it('still brings what one half sends after the other half has ended', async () => {
    onUpgrade = (_request, socket) => {
      socket.allowHalfOpen = true;
      socket.write(SWITCHED);
      socket.resume();
      socket.on('end', () => {
        for (let i = 0; i < 16; i++) socket.write(Buffer.alloc(64 * 1024, 'x'));
        socket.end('last');
      });
    };
    const client = await upgrade();
    await until(() => client.text().includes('\r\n\r\n'), 5000, 'the 101');
    client.socket.end();
    await closed(client.socket);
    expect(client.text().endsWith('last')).toBe(true);
    expect(client.text().length).toBeGreaterThan(1024 * 1024);
  });

  it('is recorded with its bytes when it is over', async () => {
    onUpgrade = (_request, socket) => {
      socket.write(`${SWITCHED}12345`);
      socket.on('data', () => socket.end());
    };
    const client = await upgrade();
    await until(() => client.text().endsWith('12345'), 5000, 'the bytes');
    client.socket.write('123');
    await closed(client.socket);
    await until(
      async () => {
        const [record] = await world.records(EXEC);
        return (
          record?.annotations['gatehouse.dev/bytes-in'] === '3' && record.annotations['gatehouse.dev/bytes-out'] === '5'
        );
      },
      5000,
      'the record',
    );
  });
});
