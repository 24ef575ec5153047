import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector, Client, Pool, type Dispatcher } from 'undici';
import { Http1Connection, READ_BY_CONNECTION } from './http1-connection.ts';
import { Http1Pool, type PooledHandler } from './http1-pool.ts';
import { createHttp2Pool, HTTP2_TIMES, type Http2Pool } from './http2-pool.ts';

/** HTTP/1.1 connections for people's requests. */
export interface RequestPool {
  /** True where it was sent at once, false where it waits. Each call is followed by one `done`, or by a `cancel` that worked. */
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean;
  done(handler: PooledHandler): void;
  /** True where it was still waiting; it will not be sent. */
  cancel(handler: PooledHandler): boolean;
}

/** Connections that are open now; those of upgrades are not among them. */
export interface ConnectionStats {
  readonly http1: number;
  readonly http2: number;
  /** Streams on the HTTP/2 connections. */
  readonly streams: number;
  /** Short requests that wait for a connection. */
  readonly waiting: number;
}

/** Every connection to one server with one credential. Nothing is opened before the first request. */
export interface Connections {
  readonly dispatcher: Dispatcher;
  /** Requests that read and have no body; bounded in number. */
  readonly read: RequestPool;
  /** Other short requests; bounded in number. */
  readonly write: RequestPool;
  /** A connection a request: what runs for hours must not use up those that short requests share. */
  readonly long: RequestPool;
  readonly streams: Http2Pool;
  stats(): ConnectionStats;
  /** Lets what is in flight finish. */
  close(): Promise<void>;
}

export function openConnections(
  origin: string,
  tls: ConnectionOptions,
  options: { readonly connectTimeoutSeconds: number; now(): number },
): Connections {
  const connectMs = options.connectTimeoutSeconds * 1000;
  const { host: _host, port: _port, ...connect } = tls;
  const connecting = {
    ...connect,
    rejectUnauthorized: true,
    allowH2: false,
    timeout: connectMs,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const connector = buildConnector(connecting as buildConnector.BuildOptions);
  const connectorOfReads = buildConnector({
    ...connecting,
    ...READ_BY_CONNECTION,
  } as buildConnector.BuildOptions);
  const http1: Client.Options = {
    pipelining: 1,
    allowH2: false,
    // The parser's limit, so that a large answer header from an aggregated API is not our refusal.
    maxHeaderSize: 256 * 1024,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    connect: (to, tell) => {
      connector(to, (...connected) => {
        connected[1]?.on('error', nameReset);
        tell(...connected);
      });
    },
  };
  const { hostname, host, port } = new URL(origin);
  const to = { hostname, host, protocol: 'https:', port: port || '443' };
  const read = new Http1Pool(
    () => new Http1Connection((tell) => connectorOfReads(to, (...[error, socket]) => tell(error, socket))),
  );
  const write = new Http1Pool(() => new Client(origin, http1));
  const long = new Pool(origin, { ...http1, connections: null });
  const streams = createHttp2Pool(tls, { ...HTTP2_TIMES, connectMs }, () => options.now());
  return {
    dispatcher: long,
    read,
    write,
    long: {
      dispatch(request, handler) {
        long.dispatch(request, handler);
        return true;
      },
      done() {},
      cancel: () => false,
    },
    streams,
    stats() {
      const http2 = streams.stats();
      return {
        http1: read.connected + write.connected + long.stats.connected,
        http2: http2.connections,
        streams: http2.streams,
        waiting: read.waiting + write.waiting,
      };
    },
    async close() {
      await Promise.all([read.close(), write.close(), long.close(), streams.close()]);
    },
  };
}

/**
 * undici takes an answer without a length as whole when its connection is reset (ECONNRESET), as macOS wants it; a
 * reset must cut the client's answer instead. And `bytesRead`, as undici's own errors of this code have it, tells a
 * connection that had served before from a new one.
 */
function nameReset(this: Socket, error: NodeJS.ErrnoException): void {
  // Others are undici's own, by which it destroys a connection: time-outs above all.
  if (error.syscall !== undefined)
    Object.assign(error, { code: 'UND_ERR_SOCKET', socket: { bytesRead: this.bytesRead } });
}
