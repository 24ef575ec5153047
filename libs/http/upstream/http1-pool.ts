import type { Dispatcher } from 'undici';
import { within, type Boundary, type ReportFault } from '../boundary.ts';

/** kube-apiserver serves 400 reads and 200 writes at once; more connections than this would only wait there. */
const MAX_CONNECTIONS = 256;
/** A client's discovery burst is over before more than these would be of use. */
const FIRST_CONNECTIONS = 12;
/** While requests have been waiting for this long, the pool grows by half. */
const GROW_EVERY_MS = 50;

/** undici's handler, and room for the pool to note the connection that carries it. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  connection?: unknown;
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
}

/** Sends one request at a time; connects when it is used and not connected. undici's `Client` is one. */
export interface PooledClient {
  readonly closed: boolean;
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): unknown;
  on(event: 'connect' | 'disconnect', listener: () => void): unknown;
  close(): Promise<void>;
}

interface Waiting {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: PooledHandler;
}

/**
 * Connections for short requests. undici's own pool opens one for every request that finds the others busy, so that a
 * burst (a client's discovery) costs a TLS handshake a request, though most would be served sooner by waiting for one
 * of the connections that exist. Here a few are shared, requests wait in order, and only a queue that lasts makes them
 * more. The connection that became free last is used first, so that those of a past burst are left idle and closed.
 */
export class Http1Pool implements RequestPool, Boundary {
  readonly #openClient: () => PooledClient;
  readonly #reportFault: ReportFault;
  readonly #clients = new Set<PooledClient>();
  #free: PooledClient[] = [];
  #allowed = FIRST_CONNECTIONS;
  #connected = 0;
  #waiting: (Waiting | undefined)[] = [];
  #next = 0;
  #serving = false;
  #growing: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param openClient makes a client that sends one request at a time; it connects when it is first used. */
  constructor(openClient: () => PooledClient, reportFault: ReportFault) {
    this.#openClient = openClient;
    this.#reportFault = reportFault;
  }

  /** The pool itself goes on: an error while one request is sent ends that request, see `#serve`. */
  broke(error: unknown): void {
    this.#reportFault('a pool of connections', error);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean {
    // Behind those that wait, even where a connection has just become free.
    if (this.#next === this.#waiting.length && this.#send(options, handler)) return true;
    this.#waiting.push({ options, handler });
    this.#growing ??= setInterval(
      within(this, () => this.#grow()),
      GROW_EVERY_MS,
    );
    return false;
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Connections that are open. */
  get connected(): number {
    return this.#connected;
  }

  /** The next request may be given to the same connection at once: undici sends it when it is ready. */
  done(handler: PooledHandler): void {
    const client = handler.connection as PooledClient | undefined;
    if (!client) return;
    handler.connection = undefined;
    if (!this.#closed) this.#free.push(client);
    else if (!client.closed) client.close().catch(within(this, (error: unknown) => this.broke(error)));
    if (this.#next < this.#waiting.length) this.#serve();
  }

  cancel(handler: PooledHandler): boolean {
    const at = this.#waiting.findIndex((waiting) => waiting?.handler === handler);
    if (at < 0) return false;
    this.#waiting[at] = undefined;
    return true;
  }

  /** Lets what is in flight finish; what is still judged by an older snapshot gets connections of its own. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#free = [];
    const clients = [...this.#clients];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.close()));
  }

  #send(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean {
    const client = this.#free.pop() ?? (this.#clients.size < this.#allowed ? this.#addClient() : undefined);
    if (!client) return false;
    handler.connection = client;
    try {
      client.dispatch(options, handler);
    } catch (error) {
      this.done(handler);
      throw error;
    }
    return true;
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
        this.#allowed = Math.max(FIRST_CONNECTIONS, Math.min(this.#allowed, this.#clients.size));
      }),
    );
    return client;
  }

  #grow(): void {
    if (this.#next === this.#waiting.length) {
      clearInterval(this.#growing);
      this.#growing = undefined;
      return;
    }
    // Not while some are still being opened: how long responses take is not known yet.
    if (this.#connected >= this.#allowed)
      this.#allowed = Math.min(MAX_CONNECTIONS, this.#allowed + (this.#allowed >> 1));
    this.#serve();
  }

  #serve(): void {
    // A request that ends while it is sent calls `done`; the loop below then serves the next one.
    if (this.#serving) return;
    this.#serving = true;
    try {
      while (this.#next < this.#waiting.length) {
        const request = this.#waiting[this.#next];
        // It no longer waits: `cancel` must not find a request that is being sent.
        this.#waiting[this.#next] = undefined;
        if (request && !this.#sendWaiting(request)) {
          this.#waiting[this.#next] = request;
          break;
        }
        this.#next++;
      }
    } finally {
      this.#serving = false;
    }
    // Amortised: what has been served is dropped once it is the larger part.
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
  }

  /** An error ends this request, not the turn of those behind it. */
  #sendWaiting({ options, handler }: Waiting): boolean {
    try {
      return this.#send(options, handler);
    } catch (error) {
      handler.onResponseError?.(undefined as never, error as Error);
      return true;
    }
  }
}
