import { Server as HttpsServer } from 'node:https';
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { atEndOfTurn, PlainConnection } from '#http1';
import type { Dispatcher } from './dispatch.ts';

export interface PlainServing {
  /** All connections that are open, whoever serves them; Node itself does not know upgraded ones. */
  readonly connections: ReadonlyMap<Socket, PlainConnection>;
  /** Ends those that Node's server does not know: idle ones at once, the others behind their answer. */
  close(): void;
}

/** Node's own: a client that used what it was told may be late by its round trip. */
const KEEP_ALIVE_GRACE_MS = 1000;
const SWEEP_EVERY_MS = 1000;

/**
 * Puts a PlainConnection in front of Node's own handling of each connection, which gets what is not plain (ADR 22).
 * Idle ones end as Node's would: one that never asked anything after `headersSeconds`.
 */
export function servePlainFirst(
  server: HttpServer | HttpsServer,
  {
    headersSeconds,
    idleConnectionSeconds,
  }: { readonly headersSeconds: number; readonly idleConnectionSeconds: number },
  dispatcher: Pick<Dispatcher, 'takesPlain' | 'onPlain'>,
): PlainServing {
  const event = server instanceof HttpsServer ? 'secureConnection' : 'connection';
  const listeners = server.listeners(event) as ((socket: Socket) => void)[];
  const [serveByNode] = listeners;
  if (!serveByNode || listeners.length > 1)
    throw new Error(`${listeners.length} listeners for ${event}, not Node's own`);
  server.removeListener(event, serveByNode);
  const connections = new Map<Socket, PlainConnection>();
  const ports = {
    takes: dispatcher.takesPlain,
    onRequest: atEndOfTurn(dispatcher.onPlain),
    handOver: (socket: Socket) => serveByNode.call(server, socket),
    now: () => performance.now(),
    keepAliveLines: `Connection: keep-alive\r\nKeep-Alive: timeout=${idleConnectionSeconds}\r\n`,
  };
  server.on(event, (socket: Socket) => {
    connections.set(socket, new PlainConnection(socket, ports));
    socket.on('close', () => connections.delete(socket));
  });
  const sweep = setInterval(() => {
    const nowMs = performance.now();
    for (const [socket, connection] of connections) {
      const limitMs = connection.asked ? idleConnectionSeconds * 1000 + KEEP_ALIVE_GRACE_MS : headersSeconds * 1000;
      if ((connection.idleMs(nowMs) ?? 0) > limitMs) socket.destroy();
    }
  }, SWEEP_EVERY_MS);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  return {
    connections,
    close: () => {
      for (const connection of connections.values()) connection.close();
    },
  };
}
