import type { ClientHttp2Stream } from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import type { ReportFault } from '../boundary.ts';
import { ownFault } from '../exchange.ts';
import { openHttp2Connection, type Http2Connection, type Http2Times } from './http2-connection.ts';

/** A lease of one stream on a shared connection. Used once: by `open`, and then returned when the stream closes, or by `release`. */
export interface StreamLease {
  /** True where the connection has carried a stream before, so that its loss may mean a server that had given it up. */
  readonly reused: boolean;
  /** False once the connection is lost, or its peer will take no new streams. */
  readonly usable: boolean;
  /** Sends a request without a body: flat, names in lower case, the four pseudo headers among them. */
  open(headers: string[]): ClientHttp2Stream;
  release(): void;
}

export interface Http2Pool {
  /**
   * A lease now, or when a connection that has room is open; undefined where the upstream speaks no HTTP/2.
   * @throws where the upstream cannot be reached.
   */
  reserve(): Promise<StreamLease | undefined>;
  stats(): { readonly connections: number; readonly streams: number };
  /** No new streams; resolves when the open ones have ended. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(lease: StreamLease | undefined): void;
  reject(error: unknown): void;
}

/** What kube-apiserver allows, and so what is expected of a connection until it says its own number. */
const EXPECTED_STREAMS = 100;
/** An upstream that declined HTTP/2 is asked again after this: a load balancer may have been replaced. */
const ASK_AGAIN_MS = 10 * 60_000;
export const HTTP2_TIMES = { pingEveryMs: 15_000, pingAnswerMs: 15_000, idleMs: 60_000 };

/**
 * HTTP/2 connections to one server with one credential. A further one is opened only when all streams of the others
 * are in use; the first one with room is used, so that those behind it run empty and are closed.
 */
export function createHttp2Pool(
  tls: ConnectionOptions,
  times: Http2Times,
  nowMs: () => number,
  reportFault: ReportFault,
): Http2Pool {
  let connections: Http2Connection[] = [];
  let waiters: Waiter[] = [];
  let opening = 0;
  let expected = EXPECTED_STREAMS;
  let declinedUntilMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  function takeLease(): StreamLease | undefined {
    const connection = connections.find((candidate) => candidate.free > 0);
    return connection && leaseOn(connection);
  }

  /** An error of our own ends the exchanges that wait; nothing would wake them later. */
  function serve(): void {
    try {
      serveWaiters();
    } catch (error) {
      settleAll((waiter) => waiter.reject(ownFault(error)));
    }
  }

  function serveWaiters(): void {
    connections = connections.filter((connection) => connection.usable);
    while (waiters.length > 0) {
      const lease = takeLease();
      if (!lease) break;
      waiters.shift()?.resolve(lease);
    }
    while (opening * expected < waiters.length) openOne();
  }

  function settleAll(act: (waiter: Waiter) => void): void {
    const all = waiters;
    waiters = [];
    all.forEach(act);
  }

  function openOne(): void {
    opening++;
    void open();
  }

  /** Never rejects: what goes wrong is the waiters' to report. */
  async function open(): Promise<void> {
    try {
      const connection = await openHttp2Connection(tls, times, serve, reportFault);
      opening--;
      tryToAdmit(connection);
    } catch (error) {
      rejectWaiters(--opening, error);
    }
  }

  function tryToAdmit(connection: Http2Connection | undefined): void {
    try {
      admit(connection);
    } catch (error) {
      rejectWaiters(opening, error);
    }
  }

  /** Another connection on its way may still serve them, or fail in turn. */
  function rejectWaiters(onTheirWay: number, error: unknown): void {
    if (onTheirWay === 0) settleAll((waiter) => waiter.reject(error));
  }

  function admit(connection: Http2Connection | undefined): void {
    if (!connection) {
      declinedUntilMs = nowMs() + ASK_AGAIN_MS;
      return settleAll((waiter) => waiter.resolve(undefined));
    }
    if (closed || connection.free === 0) {
      void connection.close();
      throw new Error('the upstream allows no streams');
    }
    expected = connection.free;
    connections.push(connection);
    serve();
  }

  return {
    reserve() {
      if (closed) return Promise.reject(new Error('the cluster is closed'));
      if (nowMs() < declinedUntilMs) return Promise.resolve(undefined);
      const lease = takeLease();
      if (lease) return Promise.resolve(lease);
      const { promise, resolve, reject } = Promise.withResolvers<StreamLease | undefined>();
      waiters.push({ resolve, reject });
      serve();
      return promise;
    },
    stats: () => ({
      connections: connections.length,
      streams: connections.reduce((sum, connection) => sum + connection.taken, 0),
    }),
    async close() {
      closed = true;
      settleAll((waiter) => waiter.reject(new Error('the cluster is closed')));
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

function leaseOn(connection: Http2Connection): StreamLease {
  connection.take();
  return {
    reused: connection.reused,
    get usable() {
      return connection.usable;
    },
    open: (headers) => connection.open(headers),
    release: () => connection.giveBack(),
  };
}
