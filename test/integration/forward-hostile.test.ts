import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, connectTo, until } from '../support/ask-gateway.ts';
import { startRawUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/**
 * Bytes that once ended the process, and with it everybody's requests and the audit records that were not saved yet. A
 * pod can send most of them through the real API server's proxy.
 */
const LIST = '/clusters/raw/api/v1/pods';
const PAGE = '/clusters/raw/api/v1/namespaces/a/services/web/proxy/';
const EXEC = '/clusters/raw/api/v1/namespaces/a/pods/p/exec?command=sh';
let upstream: TestUpstream;
let world: ForwardWorld;
let cases = 0;
/** What the upstream does once it has read a request. */
let respond: (socket: TLSSocket) => void;

beforeAll(async () => {
  upstream = await startRawUpstream({
    protocols: ['http/1.1'],
    onConnection(socket) {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        const isHealth = text.startsWith('GET /version') || text.startsWith('POST ');
        text = '';
        if (isHealth) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
        else respond(socket);
      });
    },
  });
  world = await startForwardWorld({ raw: upstream });
});
afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

/** Targets that were asked for once. */
const asked: string[] = [];
/** A target of its own for each case, so that its record is found; the query of a proxied page is not in the record. */
function targetOf(path: string): string {
  const own = path === PAGE ? `${PAGE}${++cases}` : `${path}${path.includes('?') ? '&' : '?'}case=${++cases}`;
  asked.push(own);
  return own;
}

/** What the client gets until its connection closes. */
async function upgrade(path: string): Promise<string> {
  const socket = await connectTo(world);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await until(() => socket.destroyed, 8000, 'the connection closed');
  return text;
}

/** The process that was started serves on. */
async function expectAlive(): Promise<void> {
  respond = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  expect((await ask(world, LIST)).body.toString()).toBe('ok');
  expect(() => process.kill(world.pid, 0)).not.toThrow();
  expect(world.readLog()).not.toMatch(/uncaught|unhandled/i);
}

const RESPONSES: readonly [what: string, bytes: string, status: number, body: string | RegExp][] = [
  ['a control byte in the reason phrase', 'HTTP/1.1 403 O\x01K\r\nContent-Length: 2\r\n\r\nno', 403, 'no'],
  ['8-bit bytes in the reason phrase', 'HTTP/1.1 200 caf\xe9\r\nContent-Length: 2\r\n\r\nno', 200, 'no'],
  ['no reason phrase', 'HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno', 404, 'no'],
  ['status 099', 'HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nno', 502, /BadGateway/],
  ['status 600', 'HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nno', 502, /BadGateway/],
  ['status 999', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nno', 502, /BadGateway/],
  ['204 followed by bytes', 'HTTP/1.1 204 No Content\r\n\r\nbytes', 204, ''],
  ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 204, ''],
  ['304 with a length and bytes', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nbytes', 304, ''],
  ['what is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 502, /BadGateway/],
];

describe.each(RESPONSES)('%s', (_what, bytes, status, body) => {
  const write = (socket: TLSSocket): void => {
    socket.write(Buffer.from(bytes, 'latin1'));
    setTimeout(() => socket.destroy(), 100);
  };

  it.each([
    ['a list', LIST],
    ['a proxied page', PAGE],
    ['a log', '/clusters/raw/api/v1/namespaces/a/pods/p/log'],
  ])('in the response to %s', async (_request, path) => {
    respond = write;
    const response = await ask(world, targetOf(path));
    expect(response.status).toBe(status);
    if (typeof body === 'string') expect(response.body.toString()).toBe(body);
    else expect(response.body.toString()).toMatch(body);
    if (status === 204 || status === 304) expect(response.headers['content-length']).toBeUndefined();
    await expectAlive();
  });

  it('in the response to an upgrade', async () => {
    respond = write;
    const text = await upgrade(targetOf(EXEC));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z -]+\\r\\n`));
    const got = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (typeof body === 'string') expect(got).toBe(body);
    else expect(got).toMatch(body);
    await expectAlive();
  });
});

it('a reset at any moment of a refused upgrade that is relayed', async () => {
  let pending = 0;
  for (let after = 0; after < 12; after++) {
    respond = (socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n');
      socket.write('x'.repeat(after * 500));
      pending++;
      setTimeout(() => {
        pending--;
        upstream.reset();
      }, after);
    };
    const socket = await connectTo(world);
    socket.write(
      `GET ${EXEC} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    // Half of these clients leave by a reset of their own.
    if (after % 2 === 0) setTimeout(() => socket.destroy(), after);
    socket.resume();
    await until(() => socket.destroyed, 8000, 'the connection closed');
  }
  // A client may leave before its request reaches the upstream, whose reset would then hit the next one.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await until(() => pending === 0 && upstream.open().length === 0, 8000, 'all resets');
  await expectAlive();
});

it('left one record each', async () => {
  expect(asked.length).toBeGreaterThan(30);
  await until(
    async () => {
      const found = await world.records(undefined);
      return asked.every((target) => found.filter(({ requestURI }) => requestURI === target).length === 1);
    },
    8000,
    'one record of each',
  );
});

describe('without TLS, strangers', () => {
  let plain: ForwardWorld;
  beforeAll(async () => {
    plain = await startForwardWorld({ raw: upstream }, { GATEHOUSE_TLS_DISABLED: 'true' });
  });
  afterAll(() => plain.stop());

  it.each([
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'],
    ['an upgrade', `GET ${EXEC} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['an upgrade to what nobody speaks', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['what cannot be read', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
  ])('who send %s and reset their connection end nothing', async (_what, bytes) => {
    for (let i = 0; i < 300; i++) {
      await new Promise<void>((resolve) => {
        const socket = connectTcp({ host: '127.0.0.1', port: plain.port }, () => {
          socket.write(bytes, () => {
            if (i % 3 === 0) socket.resetAndDestroy();
            else setTimeout(() => socket.resetAndDestroy(), i % 5);
          });
        });
        socket.on('error', () => {});
        socket.once('close', () => resolve());
      });
    }
    expect(() => process.kill(plain.pid, 0)).not.toThrow();
    respond = (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await ask(plain, LIST)).status).toBe(200);
    expect(plain.readLog()).not.toMatch(/uncaught|unhandled/i);
  });
});
