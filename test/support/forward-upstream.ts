import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';

/** A request over either protocol; with `stream` it came over HTTP/2. Node's two classes agree in what tests read. */
export type UpstreamRequest = IncomingMessage & { readonly stream?: ServerHttp2Stream };

/** A connection as the upstream saw it. */
export interface UpstreamConnection {
  readonly protocol: string;
  /** Common name of the client certificate that came with it, '' if none. */
  readonly clientCertificate: string;
  readonly socket: TLSSocket;
}

export interface TestUpstream {
  readonly port: number;
  readonly caPem: string;
  /** All connections so far, closed ones too. */
  readonly connections: readonly UpstreamConnection[];
  /** Those that are open. */
  open(): readonly UpstreamConnection[];
  /** A TCP reset on every open connection: what the kernel sends for a process that dies with unread bytes. */
  reset(): void;
  stop(): Promise<void>;
}

interface Server {
  listen(port: number, host: string, act: () => void): unknown;
  address(): unknown;
  close(act: () => void): unknown;
}

/** A TLS server that speaks HTTP/1.1 and, but for `http2: false`, HTTP/2, each as Node speaks it. */
export async function startUpstream(options: {
  readonly onRequest: (request: UpstreamRequest, response: ServerResponse) => void;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly http2?: boolean;
  readonly maxConcurrentStreams?: number;
}): Promise<TestUpstream> {
  const { cert, private: key } = await makeCertificate();
  const common = {
    cert,
    key,
    requestCert: true,
    rejectUnauthorized: false,
    noDelay: true,

    keepAliveTimeout: 600_000,
  };
  const server =
    options.http2 === false
      ? createServer({ ...common, requestTimeout: 0 }, options.onRequest)
      : createSecureServer(
          {
            ...common,
            allowHTTP1: true,
            settings: { maxConcurrentStreams: options.maxConcurrentStreams ?? 100 },
            http1Options: { keepAliveTimeout: 600_000 },
          },
          options.onRequest as never,
        );
  if (options.onUpgrade) (server as HttpsServer).on('upgrade', options.onUpgrade);
  return await serve(server as HttpsServer, cert);
}

/** A TLS server that leaves the bytes to the test. */
export async function startRawUpstream(options: {
  readonly protocols: readonly string[];
  readonly onConnection: (socket: TLSSocket) => void;
}): Promise<TestUpstream> {
  const { cert, private: key } = await makeCertificate();
  const server = createTlsServer({ cert, key, ALPNProtocols: [...options.protocols] }, options.onConnection);
  return await serve(server, cert);
}

async function serve(
  server: Server & {
    on(event: 'secureConnection', act: (socket: TLSSocket) => void): unknown;
    on(event: 'connection', act: (socket: Socket) => void): unknown;
  },
  caPem: string,
): Promise<TestUpstream> {
  const connections: UpstreamConnection[] = [];
  const tcp = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    tcp.add(socket);
    socket.once('close', () => tcp.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    connections.push({
      protocol: socket.alpnProtocol || 'http/1.1',
      clientCertificate: String(socket.getPeerCertificate().subject?.CN ?? ''),
      socket,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = (): UpstreamConnection[] => connections.filter(({ socket }) => !socket.destroyed);
  return {
    port: (server.address() as AddressInfo).port,
    caPem,
    connections,
    open,
    reset: () => tcp.forEach((socket) => socket.resetAndDestroy()),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(resolve));
      for (const { socket } of open()) socket.destroy();
      await closed;
    },
  };
}

/** For 127.0.0.1, its own authority. */
export async function makeCertificate(): Promise<{ cert: string; private: string }> {
  return await generate([{ name: 'commonName', value: 'upstream' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ] as never,
  });
}
