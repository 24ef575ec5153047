import type { Dispatcher, Pool } from 'undici';

/** kube-apiserver serves 400 reads and 200 writes at once; more connections than this would only wait there. */
const MAX_CONNECTIONS = 256;
/** A burst grows the pool by half of what is open, and by this at the least: see `Http1Pool`. */
const LEAST_GROWTH = 4;

interface Waiting {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
}

/**
 * Connections for short requests. undici opens one for every request that finds the others busy, so that a burst (a
 * client's discovery) costs a TLS handshake a request, though most would be answered sooner by waiting for one of the
 * connections that exist. Here only so many more may be under way as half of the open ones, and the rest waits in
 * order: the pool still doubles every two handshakes while requests are slow.
 */
export class Http1Pool {
  readonly #pool: Pool;
  #open = 0;
  #running = 0;
  #waiting: (Waiting | undefined)[] = [];
  #next = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
    pool.on('connect', () => {
      this.#open++;
      this.#serve();
    });
    pool.on('disconnect', () => this.#open--);
  }

  /** True where it was sent at once, false where it waits. Each call is followed by one `done`, or by a `cancel` that worked. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#running >= this.#allowed()) {
      this.#waiting.push({ options, handler });
      return false;
    }
    this.#running++;
    this.#pool.dispatch(options, handler);
    return true;
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  done(): void {
    this.#running--;
    // undici gives a connection back one turn of the loop after its answer has ended; before that, another would be opened.
    if (this.#next < this.#waiting.length) setImmediate(() => setImmediate(() => this.#serve()));
  }

  /** True where it had not been sent, and now never will be. */
  cancel(handler: Dispatcher.DispatchHandler): boolean {
    const at = this.#waiting.findIndex((waiting) => waiting?.handler === handler);
    if (at < 0) return false;
    this.#waiting[at] = undefined;
    return true;
  }

  #allowed(): number {
    return Math.min(MAX_CONNECTIONS, this.#open + Math.max(LEAST_GROWTH, this.#open >> 1));
  }

  #serve(): void {
    while (this.#next < this.#waiting.length && this.#running < this.#allowed()) {
      const request = this.#waiting[this.#next];
      this.#waiting[this.#next++] = undefined;
      if (request) {
        this.#running++;
        this.#pool.dispatch(request.options, request.handler);
      }
    }
    // Amortised: what has been served is dropped once it is the larger part.
    if (this.#next * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
  }
}
