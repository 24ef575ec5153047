import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { readPlainHead } from '../../libs/http/inbound/read-plain-head.ts';
import { createRandom, mutate } from '../support/mutate-text.ts';

const HEAD = 'GET /api/v1/pods?limit=5 HTTP/1.1\r\nHost: gate.test\r\nAccept:  */* \t\r\nX-Empty:\r\n\r\n';

interface NodesReading {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly rawHeaders: string[];
  readonly hasBody: boolean;
  readonly upgrades: boolean;
  /** The connection ends behind the answer. */
  readonly ends: boolean;
}

/** What Node's parser makes of these bytes, each on a connection of its own; undefined where it refuses them or waits for more. */
async function readByNode(texts: readonly string[]): Promise<(NodesReading | undefined)[]> {
  const readings = new Map<number, NodesReading>();
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 136 * 1024, keepAliveTimeout: 5000 });
  server.maxHeadersCount = 0;
  const take = (request: IncomingMessage, upgrades: boolean, ends = true): void => {
    const port = request.socket.remotePort ?? 0;
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    // The first request of a connection; what follows it is another's matter.
    if (!readings.has(port))
      readings.set(port, {
        method: request.method,
        url: request.url,
        rawHeaders: request.rawHeaders,
        hasBody,
        upgrades,
        ends,
      });
    request.socket.destroy();
  };
  server.on('request', (request, response) => take(request, false, !response.shouldKeepAlive));
  server.on('checkContinue', (request) => take(request, true));
  server.on('checkExpectation', (request) => take(request, true));
  server.on('upgrade', (request) => take(request, true));
  server.on('connect', (request) => take(request, true));
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (text: string): Promise<number> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        const local = socket.localPort ?? 0;
        // Both ends: Node's parser then either has a request or never will.
        socket.end(text, 'latin1');
        socket.resume();
        socket.on('error', () => {});
        socket.on('close', () => resolve(local));
      });
    });
  const found: (NodesReading | undefined)[] = [];
  for (let i = 0; i < texts.length; i += 100) {
    const ports = await Promise.all(texts.slice(i, i + 100).map(ask));
    for (const local of ports) {
      found.push(readings.get(local));
      readings.delete(local);
    }
  }
  await new Promise((resolve) => server.close(resolve));
  return found;
}

const PIECES = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  '\x7f',
  '\x80',
  '\xff',
  '/',
  '?',
  '#',
  '%0d%0a',
  '//',
  '*',
  'GET ',
  'HEAD ',
  'POST ',
  'get ',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'http://other.test',
  '\\',
  '"',
  '{',
  '|',
  '^',
  '`',
  '\r\nContent-Length: 3',
  '\r\nContent-Length: 0',
  '\r\nTransfer-Encoding: chunked',
  '\r\nTransfer-Encoding : chunked',
  '\r\ncontent-length:1',
  '\r\nConnection: close',
  '\r\nConnection: upgrade\r\nUpgrade: websocket',
  '\r\nUpgrade: h2c',
  '\r\nConnection: keep-alive, X-Empty',
  '\r\nconnection: Keep-Alive',
  '\r\nExpect: 100-continue',
  '\r\n folded: 1',
  '\r\n\tfolded',
  '\r\nX-A: 1\r\nX-A: 2',
  '\r\n: nameless',
  '\r\nX Y: 1',
  '\r\nX_Y: 1',
  '\r\nX\x0bY: 1',
  '\r\nX: \x01',
  '\r\nHost: other.test',
  '\r\nTrailer: x',
  '\r\nProxy-Connection: close',
  '\r\nX-Q: "a\\"b"',
  'GET / HTTP/1.1\r\n\r\n',
];

it('reads nothing otherwise than Node’s parser does, in 20,000 mutated requests', { timeout: 60_000 }, async () => {
  const random = createRandom(20261126);
  const taken = Array.from({ length: 20_000 }, () => mutate(HEAD, PIECES, random)).filter((text) =>
    readPlainHead(text),
  );
  const byNode = await readByNode(taken);
  const differing = taken.flatMap((text, index) => {
    const plain = readPlainHead(text);
    const node = byNode[index];
    const same =
      node &&
      !node.hasBody &&
      !node.upgrades &&
      node.method === plain?.method &&
      node.url === plain?.target &&
      node.ends === plain?.closes &&
      JSON.stringify(node.rawHeaders) === JSON.stringify(plain?.rawHeaders);
    return same ? [] : [{ text, plain, node }];
  });
  console.log(`${taken.length} of 20000 taken as plain`);
  expect(taken.length).toBeGreaterThan(1000);
  expect(differing).toEqual([]);
});

it('would see a reading that differs', async () => {
  const [odd, whole] = await readByNode([HEAD.replace('X-Empty:', 'Content-Length: 3'), HEAD]);
  expect([odd?.hasBody, whole?.hasBody, whole?.rawHeaders[3]]).toEqual([true, false, '*/*']);
});
