import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { attempt, ignoreError, type ReportFault } from '../boundary.ts';
import { atEndOfTurn } from '../at-end-of-turn.ts';
import { cutResponse } from '../exchange.ts';
import type { ClientRequest, ClientResponse, PlainRequest } from '../messages.ts';
import { PlainConnection } from './plain-connection.ts';

/** Serves what clients send. What a handler throws ends that request and its connection. */
export interface RequestHandlers {
  /** Whether a plain request for this target goes to `onPlain`. */
  takesPlain(target: string): boolean;
  onPlain(request: PlainRequest, response: ClientResponse): void;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  /** A request that was read and that an error kept from its handler: nothing else knows of it. */
  onLost(request: ClientRequest): void;
  /** The socket has a listener for its errors already. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  onConnect(request: IncomingMessage, socket: Duplex): void;
  onClientError(error: NodeJS.ErrnoException, socket: Duplex): void;
}

/** PEM of a certificate chain and of its key. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Other workers listen on the same port, and the kernel spreads connections over all. */
  readonly shared: boolean;
  /** Undefined: plain HTTP. */
  readonly keyPair: KeyPair | undefined;
  readonly headersSeconds: number;
  readonly idleConnectionSeconds: number;
  /** False: Node's own server reads and writes everything. */
  readonly ownHttp1: boolean;
  /** Sees each connection before TLS; may destroy it. */
  onConnection(socket: Socket): void;
  /** A connection that could not be accepted, for want of a file descriptor above all (accept(2)). */
  onAcceptError(error: Error): void;
  readonly reportFault: ReportFault;
}

export interface Listener {
  readonly port: number;
  /** Open now. */
  connections(): number;
  useKeyPair(pair: KeyPair): void;
  /**
   * Stops accepting, closes idle connections and gives the others `graceMs`. Then `endOpen` ends what is still under
   * way, and what remains is cut.
   */
  close(graceMs: number, endOpen: () => void): Promise<void>;
}

/** Headers and target may each have 64 KiB; the parser counts both together, so its limit lies above and each is checked by hand. */
const MAX_HEAD_BYTES = 136 * 1024;
/** Thousands of watches come back at once after a restart; Node's 511 would make most of them wait for a retry. */
const BACKLOG = 4096;
/** Node's own: a client that used what it was told may be late by its round trip. */
const KEEP_ALIVE_GRACE_MS = 1000;
const SWEEP_EVERY_MS = 1000;
/** For last responses to be written when the grace is over. */
const LAST_WORDS_MS = 200;

/**
 * Opens the one public port. Node's defaults are wrong for this job: watches live for hours (no request time-out),
 * kubectl reuses connections after minutes (keep-alive above the usual load balancer's), and a header that the parser
 * silently drops would be one that nobody judged.
 */
export async function openListener(options: ListenerOptions, handlers: RequestHandlers): Promise<Listener> {
  const http = {
    maxHeaderSize: MAX_HEAD_BYTES,
    requestTimeout: 0,
    headersTimeout: options.headersSeconds * 1000,
    keepAliveTimeout: options.idleConnectionSeconds * 1000,
    connectionsCheckingInterval: 1000,
    // Checked by the pipeline, so that its absence gets a Status and a record.
    requireHostHeader: false,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
  const server: Server | HttpsServer = options.keyPair
    ? createHttpsServer({ ...http, ...tlsOf(options.keyPair), handshakeTimeout: options.headersSeconds * 1000 })
    : createHttpServer(http);
  server.maxHeadersCount = 0;
  server.maxRequestsPerSocket = 0;
  const connections = options.ownHttp1 ? servePlainFirst(server, options, handlers) : followConnections(server);
  // Before anybody else's: what is over the limit is served by nobody.
  server.prependListener('connection', (socket: Socket) => {
    try {
      options.onConnection(socket);
    } catch (error) {
      socket.destroy();
      options.reportFault('a new connection of a client', error);
    }
  });
  handleWithin(server, options, handlers);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const { port, host, shared } = options;
    server.listen({ port, host, reusePort: shared, backlog: BACKLOG }, resolve);
  });
  // Without a listener the error ends the process. For want of a descriptor libuv itself closes the connection, by one
  // that it keeps for that (uv__emfile_trick), and emits nothing.
  server.on('error', (error) => {
    try {
      options.onAcceptError(error);
    } catch (fault) {
      options.reportFault('a connection that could not be accepted', fault);
    }
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections.size,
    useKeyPair: (pair) => (server as HttpsServer).setSecureContext(tlsOf(pair)),
    async close(graceMs, endOpen) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const connection of connections.values()) connection?.close();
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
      // A client that never ends the TLS handshake is in no list, and is not waited for.
      await Promise.race([closed.then(() => untilEmpty(connections)), over]);
      clearTimeout(timer);
      if (connections.size === 0) return;
      endOpen();
      await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
      for (const socket of connections.keys()) socket.destroy();
      await untilEmpty(connections);
    },
  };
}

/** All connections that are open, whoever serves them; Node itself does not know upgraded ones. */
type Connections = ReadonlyMap<Socket, PlainConnection | undefined>;

/** `close` of Node's server does not wait for upgraded sockets. */
async function untilEmpty(connections: Connections): Promise<void> {
  while (connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

const connectionEventOf = (server: Server | HttpsServer): 'secureConnection' | 'connection' =>
  server instanceof HttpsServer ? 'secureConnection' : 'connection';

function followConnections(server: Server | HttpsServer): Connections {
  const connections = new Map<Socket, undefined>();
  server.on(connectionEventOf(server), (socket: Socket) => {
    connections.set(socket, undefined);
    socket.on('close', () => connections.delete(socket));
  });
  return connections;
}

/**
 * Puts a PlainConnection in front of Node's own handling of each connection, which gets what is not plain (ADR 22).
 * Idle ones end as Node's would: one that never sent a request after `headersSeconds`.
 */
export function servePlainFirst(
  server: Server | HttpsServer,
  options: Pick<ListenerOptions, 'headersSeconds' | 'idleConnectionSeconds' | 'reportFault'>,
  handlers: Pick<RequestHandlers, 'takesPlain' | 'onPlain' | 'onLost'>,
): ReadonlyMap<Socket, PlainConnection> {
  const { headersSeconds, idleConnectionSeconds, reportFault } = options;
  const event = connectionEventOf(server);
  const listeners = server.listeners(event) as ((socket: Socket) => void)[];
  const [serveByNode] = listeners;
  if (!serveByNode || listeners.length > 1)
    throw new Error(`${listeners.length} listeners for ${event}, not Node's own`);
  server.removeListener(event, serveByNode);
  const connections = new Map<Socket, PlainConnection>();
  const ports = {
    takes: handlers.takesPlain,
    onRequest: atEndOfTurn(handlers.onPlain, (request, response, error) => {
      reportFault(`${request.method} on a client's connection`, error);
      attempt(() => handlers.onLost(request));
      cut(response);
    }),
    onLost: (request: PlainRequest) => attempt(() => handlers.onLost(request)),
    handOver: (socket: Socket) => serveByNode.call(server, socket),
    now: () => performance.now(),
    reportFault,
    keepAliveLines: `Connection: keep-alive\r\nKeep-Alive: timeout=${idleConnectionSeconds}\r\n`,
  };
  server.on(event, (socket: Socket) => {
    try {
      connections.set(socket, new PlainConnection(socket, ports));
      socket.on('close', () => connections.delete(socket));
    } catch (error) {
      socket.on('error', ignoreError);
      socket.destroy();
      connections.delete(socket);
      reportFault('a new connection of a client', error);
    }
  });
  const sweep = setInterval(() => {
    try {
      const nowMs = performance.now();
      for (const [socket, connection] of connections) {
        const limitMs = connection.asked ? idleConnectionSeconds * 1000 + KEEP_ALIVE_GRACE_MS : headersSeconds * 1000;
        if ((connection.idleMs(nowMs) ?? 0) > limitMs) socket.destroy();
      }
    } catch (error) {
      reportFault('the look for idle connections', error);
    }
  }, SWEEP_EVERY_MS);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  return connections;
}

/** Node's events, each within a boundary of its own. */
function handleWithin(server: Server | HttpsServer, { reportFault }: ListenerOptions, handlers: RequestHandlers): void {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      // Writing to a client that has left emits an error on the response; `close` says it too.
      response.on('error', ignoreError);
      handlers.onRequest(request, response);
    } catch (error) {
      reportFault(`${request.method} on a client's connection`, error);
      attempt(() => handlers.onLost(request));
      cut(response);
    }
  };
  const onSocket =
    (what: string, act: (request: IncomingMessage, socket: Duplex, head: Buffer) => void) =>
    (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      // First of all: Node has taken its own listener off, and a reset would end the process.
      socket.on('error', ignoreError);
      try {
        act(request, socket, head);
      } catch (error) {
        reportFault(`${what} on a client's connection`, error);
        attempt(() => handlers.onLost(request));
        socket.destroy();
      }
    };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', onSocket('an upgrade', handlers.onUpgrade));
  server.on('connect', onSocket('CONNECT', handlers.onConnect));
  server.on('clientError', (error, socket) => {
    try {
      handlers.onClientError(error, socket);
    } catch (fault) {
      reportFault('an unreadable request', fault);
      socket.destroy();
    }
  });
}

function cut(response: ClientResponse): void {
  attempt(
    () => cutResponse(response),
    () => response.destroy(),
  );
}

const tlsOf = ({ certPem, keyPem }: KeyPair) => ({ cert: certPem, key: keyPem, minVersion: 'TLSv1.2' as const });
