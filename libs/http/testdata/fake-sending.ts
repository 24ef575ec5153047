/** Connections that note the requests they are to send, for the tests of `Http1Sender`. */
import { EventEmitter } from 'node:events';
import { collectFaults, startExchange } from './fakes.ts';
import { Http1Pool, type PooledClient } from '../upstream/http1-pool.ts';
import { Http1Sender } from '../upstream/http1-sender.ts';

/** undici's controller, and a connection that ends its request with the reason when it is aborted. */
export class FakeController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: string[] | Buffer[] = [];
  rawTrailers: string[] | Buffer[] = [];
  readonly calls: string[] = [];
  readonly handler: Http1Sender;
  constructor(handler: Http1Sender) {
    this.handler = handler;
  }
  pause(): void {
    this.calls.push('pause');
  }
  resume(): void {
    this.calls.push('resume');
  }
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.calls.push('abort');
    this.handler.onResponseError(this, reason);
  }
}

/** Notes the requests that it is to send, and leaves their callbacks to the test. */
export class FakeClient extends EventEmitter implements PooledClient {
  closed = false;
  readonly controllers: FakeController[] = [];
  dispatch(_options: unknown, handler: object): void {
    this.controllers.push(new FakeController(handler as Http1Sender));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const LIMITS = { maxConnections: 256, maxWaiting: 0, contendedStallMs: 10_000 };

type Given = Parameters<typeof startExchange>;

export function openPool() {
  const clients: FakeClient[] = [];
  const pool = new Http1Pool(
    () => clients[clients.push(new FakeClient()) - 1] as FakeClient,
    LIMITS,
    collectFaults().reportFault,
  );
  const controllers = (): FakeController[] => clients.flatMap((client) => client.controllers);
  const send = (...given: Given) => {
    const started = startExchange(...given);
    const sender = new Http1Sender(started.exchange, pool, undefined);
    sender.send();
    return { ...started, sender };
  };
  /** Sends, and has the request started on its connection. */
  const begin = (...given: Given) => {
    const sent = send(...given);
    const controller = controllers().at(-1) as FakeController;
    sent.sender.onRequestStart(controller);
    return { ...sent, controller };
  };
  /** Connections that a next request finds free, by making it. */
  const isSlotFree = (): boolean => {
    const before = clients.length;
    send();
    return clients.length === before;
  };
  return { pool, clients, controllers, send, begin, isSlotFree };
}
