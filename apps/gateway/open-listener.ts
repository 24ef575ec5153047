import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Dispatcher } from './dispatch.ts';
import { servePlainFirst } from './serve-plain-first.ts';
import type { ServingCertificate } from './serving-certificate.ts';

export interface Listener {
  readonly port: number;
  /** Open now. */
  connections(): number;
  useCertificate(certificate: ServingCertificate): void;
  /** Stops accepting, closes idle connections, gives the others `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Headers and target may each have 64 KiB; the parser counts both together, so its limit lies above and each is checked by hand. */
const MAX_HEAD_BYTES = 136 * 1024;

/** Thousands of watches come back at once after a restart; Node's 511 would make most of them wait for a retry. */
const BACKLOG = 4096;

/**
 * Opens the one public port. Node's defaults are wrong for this job: watches live for hours (no request time-out),
 * kubectl reuses connections after minutes (keep-alive above the usual load balancer's), and a header that the parser
 * silently drops would be one that nobody judged.
 */
export async function openListener(
  options: {
    host: string;
    port: number;
    /** Other workers listen on the same port, and the kernel spreads connections over all. */
    shared: boolean;
    certificate: ServingCertificate | undefined;
    headersSeconds: number;
    idleConnectionSeconds: number;
    /** Sees each connection before TLS; may destroy it. */
    onConnection: (socket: Socket) => void;
  },
  dispatcher: Dispatcher,
): Promise<Listener> {
  const http = {
    maxHeaderSize: MAX_HEAD_BYTES,
    requestTimeout: 0,
    headersTimeout: options.headersSeconds * 1000,
    keepAliveTimeout: options.idleConnectionSeconds * 1000,
    connectionsCheckingInterval: 1000,
    // Checked by the pipeline, so that its absence is answered with a Status and recorded.
    requireHostHeader: false,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
  const server: Server | HttpsServer = options.certificate
    ? createHttpsServer({ ...http, ...tlsOf(options.certificate), handshakeTimeout: options.headersSeconds * 1000 })
    : createHttpServer(http);
  server.maxHeadersCount = 0;
  server.maxRequestsPerSocket = 0;
  const plain = servePlainFirst(server, options, dispatcher);
  // Before anybody else's: who is over the limit is served by nobody.
  server.prependListener('connection', options.onConnection);
  server.on('request', dispatcher.onRequest);
  server.on('checkContinue', dispatcher.onRequest);
  server.on('checkExpectation', dispatcher.onRequest);
  server.on('upgrade', dispatcher.onUpgrade);
  server.on('connect', dispatcher.onConnect);
  server.on('clientError', dispatcher.onClientError);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const { port, host, shared } = options;
    server.listen({ port, host, reusePort: shared, backlog: BACKLOG }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => plain.connections.size,
    useCertificate: (certificate) => (server as HttpsServer).setSecureContext(tlsOf(certificate)),
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      plain.close();
      let timer: NodeJS.Timeout | undefined;
      const cut = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          for (const socket of plain.connections.keys()) socket.destroy();
          resolve();
        }, graceMs);
      });
      // Who never ends the TLS handshake is in no list, and is not waited for.
      await Promise.race([closed, cut]);
      // close() does not wait for upgraded sockets.
      while (plain.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      clearTimeout(timer);
    },
  };
}

function tlsOf(certificate: ServingCertificate) {
  return { cert: certificate.certPem, key: certificate.keyPem, minVersion: 'TLSv1.2' as const };
}
