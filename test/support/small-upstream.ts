import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';

/**
 * An API server reduced to its sockets, so that a test can hold, count and cut what the real one would hide: lists
 * answer at once, watches stay open until the test speaks, creates answer with the digest of their body, upgrades echo.
 */
export interface SmallUpstream {
  readonly url: string;
  readonly caPem: string;
  /** Requests that have arrived, in order. */
  readonly received: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** Watches that are open now. */
  watches(): number;
  /** Upgraded connections that are open now. */
  tunnels(): number;
  /** Sends this line to every open watch. */
  say(line: string): void;
  /** Breaks every open watch in the middle. */
  cutWatches(): void;
  /** While held, nothing but watches and upgrades is answered; letting go answers all. */
  hold(): void;
  release(): void;
  /** Requests that are being held. */
  held(): number;
  stop(): Promise<void>;
}

const PODS = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] });

export async function startSmallUpstream(): Promise<SmallUpstream> {
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    curve: 'P-256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  } as never);
  const received: SmallUpstream['received'] = [];
  const watches = new Set<ServerResponse>();
  const tunnels = new Set<Duplex>();
  let holding = false;
  let waiting: (() => void)[] = [];

  const tls = { cert: certificate.cert, key: certificate.private };
  // Room for all that the gateway may pass on, so that a refusal is never this one's.
  const server = createServer({ ...tls, maxHeaderSize: 1024 * 1024 }, (request, response) => {
    received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    if (/[?&]watch=(1|true)/.test(request.url ?? '')) {
      watches.add(response);
      response.on('close', () => watches.delete(response));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    }
    const answer = (): void => void answerShort(request, response);
    if (!holding) return answer();
    const drop = (): void => void (waiting = waiting.filter((each) => each !== answer));
    waiting.push(answer);
    response.on('close', drop);
  });
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = 60_000;
  server.on('upgrade', (request, socket) => {
    received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    tunnels.add(socket);
    socket.on('close', () => tunnels.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: certificate.cert,
    received,
    watches: () => watches.size,
    tunnels: () => tunnels.size,
    say: (line) => watches.forEach((watch) => watch.write(`${line}\n`)),
    cutWatches: () => watches.forEach((watch) => watch.destroy()),
    hold: () => void (holding = true),
    release() {
      holding = false;
      waiting.splice(0).forEach((answer) => answer());
    },
    held: () => waiting.length,
    async stop() {
      for (const socket of tunnels) socket.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerShort(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch {
    return;
  }
  const body = size > 0 ? JSON.stringify({ size, sha256: hash.digest('hex') }) : PODS;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}
