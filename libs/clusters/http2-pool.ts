import type { ClientHttp2Stream } from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import { openHttp2Connection, type Http2Connection, type Http2Times } from './http2-connection.ts';

/** Room for one stream on a shared connection. Used once: by `open`, and then free again when the stream closes, or by `release`. */
export interface StreamPlace {
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
   * A place now, or when a connection that has one is open; undefined where the upstream speaks no HTTP/2.
   * @throws where the upstream cannot be reached.
   */
  reserve(): Promise<StreamPlace | undefined>;
  stats(): { readonly connections: number; readonly streams: number };
  /** No new streams; resolves when the open ones have ended. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(place: StreamPlace | undefined): void;
  reject(error: unknown): void;
}

/** What kube-apiserver allows, and so what is expected of a connection until it says its own number. */
const EXPECTED_STREAMS = 100;
/** An upstream that declined HTTP/2 is asked again after this: a load balancer may have been replaced. */
const ASK_AGAIN_MS = 10 * 60_000;
export const HTTP2_TIMES = { pingEveryMs: 15_000, pingAnswerMs: 15_000, idleMs: 60_000 };

/**
 * HTTP/2 connections to one server with one credential. A further one is opened only when all places of the others
 * are taken; the first one with room is taken, so that those behind it run empty and are closed.
 */
export function createHttp2Pool(tls: ConnectionOptions, times: Http2Times, nowMs: () => number): Http2Pool {
  let connections: Http2Connection[] = [];
  let waiters: Waiter[] = [];
  let opening = 0;
  let expected = EXPECTED_STREAMS;
  let declinedUntilMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  function takePlace(): StreamPlace | undefined {
    const connection = connections.find((candidate) => candidate.free > 0);
    return connection && placeOn(connection);
  }

  function serve(): void {
    connections = connections.filter((connection) => connection.usable);
    while (waiters.length > 0) {
      const place = takePlace();
      if (!place) break;
      waiters.shift()?.resolve(place);
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
    openHttp2Connection(tls, times, serve)
      .finally(() => opening--)
      .then(admit)
      .catch((error: unknown) => {
        // Another connection on its way may still serve them, or fail in turn.
        if (opening === 0) settleAll((waiter) => waiter.reject(error));
      });
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
      const place = takePlace();
      if (place) return Promise.resolve(place);
      return new Promise((resolve, reject) => {
        waiters.push({ resolve, reject });
        serve();
      });
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

function placeOn(connection: Http2Connection): StreamPlace {
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
