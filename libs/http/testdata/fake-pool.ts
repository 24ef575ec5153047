/** A pool of connections that note what they are to send, for its tests. */
import { EventEmitter } from 'node:events';
import { collectFaults } from './fakes.ts';
import { Http1Pool, type PooledClient, type PooledHandler, type PoolLimits } from '../upstream/http1-pool.ts';

/** What the pool opens before a queue has lasted. */
export const FIRST = 12;

/** A client that notes what it is to send. */
export class FakeClient extends EventEmitter implements PooledClient {
  closed = false;
  closes = 0;
  opened = false;
  readonly sent: string[] = [];
  open(): void {
    this.opened = true;
    this.emit('connect');
  }
  dispatch({ path }: { path: string }, _handler: PooledHandler): void {
    this.sent.push(path);
  }
  close(): Promise<void> {
    this.closed = true;
    this.closes++;
    return Promise.resolve();
  }
}

export class Handler implements PooledHandler {
  readonly flow: string;
  slot: unknown;
  readonly errors: unknown[] = [];
  cuts = 0;
  constructor(flow = 'alice') {
    this.flow = flow;
  }
  cutStalled(): void {
    this.cuts++;
  }
  onResponseError(_controller: unknown, error: Error): void {
    this.errors.push(error);
  }
}

export const LIMITS: PoolLimits = { maxConnections: 256, maxWaiting: 0, contendedStallMs: 10_000 };

export function openPool(limits: Partial<PoolLimits> = {}) {
  const clients: FakeClient[] = [];
  const { faults, reportFault } = collectFaults();
  const pool = new Http1Pool(
    () => {
      const client = new FakeClient();
      clients.push(client);
      return client;
    },
    { ...LIMITS, ...limits },
    reportFault,
  );
  const dispatch = (path: string, handler = new Handler()): Handler => {
    pool.dispatch({ method: 'GET', path }, handler);
    return handler;
  };
  /** Takes every first connection. */
  const fill = (): Handler[] => Array.from({ length: FIRST }, (_, i) => dispatch(`/first/${i}`));
  const sent = (): string[] => clients.flatMap((client) => client.sent);
  return { pool, clients, faults, dispatch, fill, sent };
}
