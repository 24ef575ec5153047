import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest } from 'node:http2';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';

export interface ReceivedRequest {
  readonly method: string;
  /** As it stood in the request line, or in `:path`. */
  readonly target: string;
  readonly rawHeaders: readonly string[];
  /** Of a body that has ended. */
  rawTrailers?: readonly string[];
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
}

export interface RecordingUpstream {
  readonly url: string;
  readonly caPem: string;
  /** By the request's Audit-ID; more than one would be a request that was sent twice. */
  readonly received: ReadonlyMap<string, readonly ReceivedRequest[]>;
  stop(): Promise<void>;
}

/** Answers everything with an empty 200, upgrades too, and keeps what came, as it came. */
export async function startRecordingUpstream({ http2 }: { http2: boolean }): Promise<RecordingUpstream> {
  const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    curve: 'P-256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  } as never);
  const received = new Map<string, ReceivedRequest[]>();
  const record = (request: IncomingMessage | Http2ServerRequest): ReceivedRequest => {
    const id = String(request.headers['audit-id']);
    const entry: ReceivedRequest = {
      method: request.method ?? '',
      target: request.url ?? '',
      rawHeaders: request.rawHeaders,
      protocol: request.httpVersionMajor === 2 ? 'HTTP/2' : 'HTTP/1.1',
    };
    received.set(id, [...(received.get(id) ?? []), entry]);
    return entry;
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const entry = record(request);
    request.resume().on('end', () => {
      entry.rawTrailers = request.rawTrailers;
      response.writeHead(200, { 'content-length': '0' }).end();
    });
  };
  // Room for all that the gateway passes on.
  const options = { cert: certificate.cert, key: certificate.private, maxHeaderSize: 1024 * 1024 };
  const both = { ...options, allowHTTP1: true, settings: { maxHeaderListSize: 1024 * 1024 } };
  const server = (http2 ? createSecureServer(both, answer as never) : createServer(options, answer)) as Server;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    record(request);
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  const sockets = new Set<Duplex>();
  server.on('secureConnection', (socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: certificate.cert,
    received,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
