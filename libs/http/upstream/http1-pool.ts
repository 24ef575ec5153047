import type { Dispatcher } from 'undici';
import { attempt, within, type Boundary, type ReportFault } from '../boundary.ts';
import { queueFull } from '../exchange.ts';
import { FairQueue, type Flow } from './fair-queue.ts';

/** A client's discovery burst is over before more than these would be of use. */
const FIRST_CONNECTIONS = 12;
/** While requests have been waiting for this long, the pool grows by half. */
const GROW_EVERY_MS = 50;

/** undici's handler, and room for the pool's own note. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  /** Requests with the same key share what is given to one user; says nothing to the pool beyond that. */
  readonly flow: string;
  slot?: unknown;
  /** Ends the request, whose client has been holding up its connection, since requests of other flows wait. */
  cutStalled(stalledMs: number): void;
}

/** undici's controller; a connection that wants the bytes of a response back, to use them again, says how. */
export interface LendingController extends Dispatcher.DispatchController {
  giveBack?(chunk: Buffer): void;
}

/** HTTP/1.1 connections to one server with one credential. */
export interface RequestPool {
  /** True where it was sent at once, false where it waits. Each call is followed by one `done`, or by a `cancel` that worked. */
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean;
  /** The request is over upstream. */
  done(handler: PooledHandler): void;
  /** True where it was still waiting; it will not be sent. */
  cancel(handler: PooledHandler): boolean;
  /** The client holds up the connection: it does not read the response, or does not send the body. */
  stalled(handler: PooledHandler): void;
  /** The client goes on. */
  resumed(handler: PooledHandler): void;
}

/** Sends one request at a time; connects when it is used and not connected. undici's `Client` is one. */
export interface PooledClient {
  readonly closed: boolean;
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): unknown;
  on(event: 'connect' | 'disconnect', listener: () => void): unknown;
  close(): Promise<void>;
}

export interface PoolLimits {
  readonly maxConnections: number;
  /** Requests that may wait for a connection; 0: no limit. */
  readonly maxWaiting: number;
  /** How long a client may hold up a connection while requests of flows that hold fewer wait. */
  readonly contendedStallMs: number;
}

/** One request: waiting, or sent over `client`. */
interface Slot {
  readonly flow: Flow<Slot>;
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: PooledHandler;
  client: PooledClient | undefined;
}

/**
 * Connections for short requests. undici's own pool opens one for every request that finds the others busy, so that a
 * burst (a client's discovery) costs a TLS handshake a request, though most would be served sooner by waiting for one
 * of the connections that exist. Here a few are shared, requests wait in turn by flow, and only a queue that lasts
 * makes them more. The connection that became free last is used first, so that those of a past burst are left idle and
 * closed. No flow takes all of them, however many requests it sends and however slow its clients are: see `FairQueue`.
 */
export class Http1Pool implements RequestPool, Boundary {
  readonly #openClient: () => PooledClient;
  readonly #reportFault: ReportFault;
  readonly #limits: PoolLimits;
  readonly #clients = new Set<PooledClient>();
  readonly #queue: FairQueue<Slot>;
  /** Since when, in milliseconds of `performance.now()`. */
  readonly #stalled = new Map<Slot, number>();
  #free: PooledClient[] = [];
  readonly #firstConnections: number;
  #allowed: number;
  #connected = 0;
  #serving = false;
  #ticking: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param openClient makes a client that sends one request at a time; it connects when it is first used. */
  constructor(openClient: () => PooledClient, limits: PoolLimits, reportFault: ReportFault) {
    this.#openClient = openClient;
    this.#limits = limits;
    this.#reportFault = reportFault;
    this.#queue = new FairQueue(limits.maxConnections, limits.maxWaiting);
    this.#firstConnections = Math.min(FIRST_CONNECTIONS, limits.maxConnections);
    this.#allowed = this.#firstConnections;
  }

  /** The pool itself goes on: an error while one request is sent ends that request, see `#serve`. */
  broke(error: unknown): void {
    this.#reportFault('a pool of connections', error);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean {
    const flow = this.#queue.flowOf(handler.flow);
    const slot: Slot = { flow, options, handler, client: undefined };
    handler.slot = slot;
    // Behind those of its flow that wait, even where a connection has just become free.
    if (!this.#serving && flow.waiting.size === 0 && this.#queue.mayTake(flow) && this.#hasConnection()) {
      this.#send(slot);
      return true;
    }
    const dropped = this.#queue.push(slot);
    if (dropped) this.#refuse(dropped, queueFull());
    this.#ticking ??= setInterval(
      within(this, () => this.#tick()),
      GROW_EVERY_MS,
    );
    return false;
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Connections that are open. */
  get connected(): number {
    return this.#connected;
  }

  /** The next request may be given to the same connection at once: undici sends it when it is ready. */
  done(handler: PooledHandler): void {
    const slot = handler.slot as Slot | undefined;
    const client = slot?.client;
    if (!client) return;
    handler.slot = undefined;
    this.#stalled.delete(slot);
    this.#queue.release(slot.flow);
    if (!this.#closed) this.#free.push(client);
    else if (!client.closed) client.close().catch(within(this, (error: unknown) => this.broke(error)));
    if (this.#queue.waiting > 0) this.#serve();
  }

  cancel(handler: PooledHandler): boolean {
    const slot = handler.slot as Slot | undefined;
    if (!slot || !this.#queue.remove(slot)) return false;
    handler.slot = undefined;
    return true;
  }

  stalled(handler: PooledHandler): void {
    const slot = handler.slot as Slot | undefined;
    if (slot?.client) this.#stalled.set(slot, performance.now());
  }

  resumed(handler: PooledHandler): void {
    this.#stalled.delete(handler.slot as Slot);
  }

  /** Lets what is in flight finish; what is still judged by an older snapshot gets connections of its own. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#free = [];
    const clients = [...this.#clients];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.close()));
  }

  /** One is free, or may be opened. */
  #hasConnection(): boolean {
    return this.#free.length > 0 || this.#clients.size < this.#allowed;
  }

  #send(slot: Slot): void {
    const client = this.#free.pop() ?? this.#addClient();
    slot.client = client;
    this.#queue.take(slot.flow);
    try {
      client.dispatch(slot.options, slot.handler);
    } catch (error) {
      this.done(slot.handler);
      throw error;
    }
  }

  #addClient(): PooledClient {
    const client = this.#openClient();
    this.#clients.add(client);
    client.on(
      'connect',
      within(this, () => void this.#connected++),
    );
    client.on(
      'disconnect',
      within(this, () => {
        this.#connected--;
        const at = this.#free.indexOf(client);
        // One that is in use connects again, or fails its request.
        if (at < 0) return;
        this.#free.splice(at, 1);
        this.#clients.delete(client);
        this.#allowed = Math.max(this.#firstConnections, Math.min(this.#allowed, this.#clients.size));
      }),
    );
    return client;
  }

  #tick(): void {
    if (this.#queue.waiting === 0) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
      return;
    }
    // Not while some are still being opened: how long responses take is not known yet.
    if (this.#queue.hasTurn && this.#connected >= this.#allowed)
      this.#allowed = Math.min(this.#limits.maxConnections, this.#allowed + (this.#allowed >> 1));
    this.#serve();
    if (this.#stalled.size > 0) this.#cutStalled();
  }

  #serve(): void {
    // A request that ends while it is sent calls `done`; the loop below then serves the next one.
    if (this.#serving) return;
    this.#serving = true;
    try {
      while (this.#hasConnection()) {
        const slot = this.#queue.shift();
        if (!slot) return;
        try {
          this.#send(slot);
        } catch (error) {
          // It ends this request, not the turn of those behind it.
          slot.handler.onResponseError?.(undefined as never, error as Error);
        }
      }
    } finally {
      this.#serving = false;
    }
  }

  /** For each flow that waits because of what others hold, one request of the flow that holds the most of them. */
  #cutStalled(): void {
    const now = performance.now();
    const candidates = [...this.#stalled]
      .filter(([, since]) => now - since >= this.#limits.contendedStallMs)
      .toSorted(([one, since], [other, otherSince]) => one.flow.held - other.flow.held || otherSince - since);
    for (const flow of this.#queue.waitingFlows) {
      const [slot, since] = candidates.at(-1) ?? [];
      if (!slot || since === undefined) return;
      if (this.#queue.mayTake(flow) || slot.flow.held <= flow.held) continue;
      candidates.pop();
      this.#stalled.delete(slot);
      attempt(() => slot.handler.cutStalled(now - since));
    }
  }

  #refuse({ handler }: Slot, error: Error): void {
    handler.slot = undefined;
    handler.onResponseError?.(undefined as never, error);
  }
}
