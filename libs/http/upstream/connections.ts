import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector, Client, Pool, type Dispatcher } from 'undici';
import { ignoreError, type ReportFault } from '../boundary.ts';
import type { Exchange } from '../exchange.ts';
import type { ResponseRules, RunningExchange, UpstreamRequest } from '../exchange-contract.ts';
import { Http1Connection, READ_BY_CONNECTION } from './http1-connection.ts';
import { Http1Pool, type PoolLimits, type RequestPool } from './http1-pool.ts';
import { Http1Sender } from './http1-sender.ts';
import { createHttp2Pool, HTTP2_TIMES } from './http2-pool.ts';
import { Http2Sender } from './http2-sender.ts';
import { Upgrade, type UpgradeClient } from './upgrade.ts';

/** Connections that are open now; those of upgrades are not among them. */
export interface ConnectionStats {
  readonly http1: number;
  readonly http2: number;
  /** Streams on the HTTP/2 connections. */
  readonly streams: number;
  /** Short requests that wait for a connection. */
  readonly waiting: number;
}

/**
 * One server with one credential, whatever protocol carries a request to it. Nothing is opened before the first request,
 * and what the exchanges of two of these send never shares a connection.
 */
export interface UpstreamConnections {
  /** Sends an exchange's request. Never throws: what goes wrong ends the exchange. */
  send(exchange: Exchange): void;
  /** Sends an upgrade over a connection of its own. */
  upgrade(request: UpstreamRequest, rules: ResponseRules, client: UpgradeClient): RunningExchange;
  /** A request of the gateway's own, over a connection of its own. @throws what the network throws. */
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  stats(): ConnectionStats;
  /** Lets what is in flight finish. */
  close(): Promise<void>;
}

export interface UpstreamOptions {
  readonly connectTimeoutSeconds: number;
  /** False: undici carries short reads too. */
  readonly ownHttp1: boolean;
  /** Of each of the two pools of short requests. */
  readonly pool: PoolLimits;
  now(): number;
  readonly reportFault: ReportFault;
}

/**
 * Short requests go over bounded pools of HTTP/1.1 connections, reads apart from writes; what runs long has a connection
 * of its own, or is one of many streams of an HTTP/2 connection, so that it never uses up those that short ones share.
 *
 * @param tls of each connection; `servername` only where the certificate's name differs from the host.
 */
export function openUpstream(origin: string, tls: ConnectionOptions, options: UpstreamOptions): UpstreamConnections {
  const connectMs = options.connectTimeoutSeconds * 1000;
  const { reportFault } = options;
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
  const http1: Client.Options = {
    pipelining: 1,
    allowH2: false,
    // The parser's limit, so that a large response header from an aggregated API is not our refusal.
    maxHeaderSize: 256 * 1024,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    connect: (to, done) => {
      connector(to, (...connected) => {
        connected[1]?.on('error', nameReset);
        done(...connected);
      });
    },
  };
  const openByUndici = () => new Client(origin, http1);
  const read = new Http1Pool(
    options.ownHttp1 ? openByOurselves(origin, connecting, reportFault) : openByUndici,
    options.pool,
    reportFault,
  );
  const write = new Http1Pool(openByUndici, options.pool, reportFault);
  const long = new Pool(origin, { ...http1, connections: null });
  const unbounded: RequestPool = {
    dispatch(request, handler) {
      long.dispatch(request, handler);
      return true;
    },
    done() {},
    cancel: () => false,
    stalled() {},
    resumed() {},
  };
  const streams = createHttp2Pool(tls, { ...HTTP2_TIMES, connectMs }, () => options.now(), reportFault);

  const poolOf = ({ kind, method, body }: UpstreamRequest): RequestPool => {
    if (kind !== 'short') return unbounded;
    return (method === 'GET' || method === 'HEAD') && !body ? read : write;
  };
  const sendOverHttp1 = (exchange: Exchange): void =>
    new Http1Sender(exchange, poolOf(exchange.request), tls.servername).send();
  const reserve = () => streams.reserve();

  return {
    send(exchange) {
      try {
        if (exchange.request.kind === 'shared') void new Http2Sender(exchange, reserve, sendOverHttp1).send();
        else sendOverHttp1(exchange);
      } catch (error) {
        exchange.broke(error);
      }
    },
    upgrade(request, rules, client) {
      const upgrade = new Upgrade(request, rules, client);
      upgrade.send(tls);
      return upgrade;
    },
    request: (request) =>
      long.request({
        ...request,
        ...(tls.servername ? { servername: tls.servername } : {}),
      } as Dispatcher.RequestOptions),
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

function openByOurselves(origin: string, connecting: object, reportFault: ReportFault): () => Http1Connection {
  const connector = buildConnector({ ...connecting, ...READ_BY_CONNECTION } as buildConnector.BuildOptions);
  const { hostname, host, port } = new URL(origin);
  const to = { hostname, host, protocol: 'https:', port: port || '443' };
  return () =>
    new Http1Connection(
      (done) =>
        connector(to, (...[error, socket]) => {
          socket?.on('error', ignoreError);
          done(error, socket);
        }),
      reportFault,
    );
}

/**
 * undici takes a response without a length as whole when its connection is reset (ECONNRESET), as macOS wants it; a
 * reset must cut the client's response instead. And `bytesRead`, as undici's own errors of this code have it, tells a
 * connection that had served before from a new one.
 */
function nameReset(this: Socket, error: NodeJS.ErrnoException): void {
  // Others are undici's own, by which it destroys a connection: time-outs above all.
  if (error.syscall !== undefined)
    Object.assign(error, { code: 'UND_ERR_SOCKET', socket: { bytesRead: this.bytesRead } });
}
