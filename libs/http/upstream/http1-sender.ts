import type { Dispatcher } from 'undici';
import { attempt, within } from '../boundary.ts';
import { atEndOfTurn } from '../at-end-of-turn.ts';
import type { Exchange, UpstreamSide } from '../exchange.ts';
import type { UpstreamRequest } from '../exchange-contract.ts';
import type { LendingController, PooledHandler, RequestPool } from './http1-pool.ts';
import { RequestBody } from './request-body.ts';

const NONE: readonly string[] = [];
const endLater = atEndOfTurn(
  (exchange: Exchange, rawTrailers: readonly string[]) => exchange.end(rawTrailers),
  (exchange, _rawTrailers, error) => exchange.broke(error),
);

/**
 * Sends one exchange's request over a pooled HTTP/1.1 connection. It is the connection's handler itself, of undici's
 * shape: no streams, and no promise or closure a chunk. undici guards only some calls of its handlers, so each is a
 * boundary here.
 */
export class Http1Sender implements PooledHandler, UpstreamSide {
  readonly flow: string;
  /** The pool's note. */
  slot: unknown;
  readonly #exchange: Exchange;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #pool: RequestPool;
  readonly #body: RequestBody | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #waitingTimer: NodeJS.Timeout | undefined;
  #cancelled = false;
  #begun = false;

  constructor(exchange: Exchange, pool: RequestPool, tlsServerName: string | undefined) {
    const { request } = exchange;
    this.#exchange = exchange;
    this.#pool = pool;
    this.flow = request.flow;
    const idleMs = request.kind === 'short' ? request.times.shortRequestMs : 0;
    this.#body =
      request.body &&
      new RequestBody(request.body, exchange, {
        withinMs: idleMs,
        maxBytes: request.maxBodyBytes,
        stalled: (isStalled) => (isStalled ? pool.stalled(this) : pool.resumed(this)),
      });
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.path,
      headers: request.headers as string[],
      body: (this.#body ?? null) as never,
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      // A long-running response would hold up whatever was pipelined behind it; the pool does not pipeline, this keeps it so.
      blocking: true,
    };
    if (tlsServerName) options.servername = tlsServerName;
    this.#options = options;
  }

  send(): void {
    this.#exchange.upstream = this;
    // A client that sends nothing, or a byte now and then, holds no connection that others could use.
    if (this.#body && this.#exchange.request.kind === 'short') this.#body.whenBuffered(() => this.#dispatch());
    else this.#dispatch();
  }

  #dispatch(): void {
    const exchange = this.#exchange;
    if (this.#pool.dispatch(this.#options, this) || exchange.finished) return;
    this.#waitingTimer = setTimeout(
      within(exchange, () => {
        if (!this.#pool.cancel(this)) return;
        const { upstream } = exchange.request;
        exchange.fail('upstreamTimeout', `no connection to ${upstream} was free in time`, undefined);
      }),
      exchange.request.times.shortRequestMs,
    );
  }

  pause(): void {
    this.#controller?.pause();
    this.#pool.stalled(this);
  }

  resume(): void {
    this.#pool.resumed(this);
    this.#controller?.resume();
  }

  cutStalled(stalledMs: number): void {
    const exchange = this.#exchange;
    if (exchange.responded) exchange.cutUnread(stalledMs);
    else exchange.abort('requestTimeout', 'the request body did not arrive while other requests waited');
  }

  cancel(): void {
    clearTimeout(this.#waitingTimer);
    if (this.#controller) this.#controller.abort(new Error('the exchange is over'));
    else if (!this.#pool.cancel(this)) this.#cancelled = true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    try {
      clearTimeout(this.#waitingTimer);
      this.#controller = controller;
      if (this.#cancelled) return controller.abort(new Error('the exchange is over'));
      this.#exchange.upstreamRequests++;
    } catch (error) {
      this.#broke(error, controller);
    }
  }

  /** The first byte of a response. undici calls it; its types do not name it. */
  onResponseStarted(): void {
    this.#begun = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, statusCode: number): void {
    try {
      if (statusCode >= 200 || statusCode < 100) this.#exchange.respond(statusCode, toStrings(controller.rawHeaders));
    } catch (error) {
      this.#broke(error, controller);
    }
  }

  onResponseData(controller: LendingController, chunk: Buffer): void {
    try {
      const { giveBack } = controller;
      this.#exchange.write(chunk, giveBack && giveBack.bind(undefined, chunk));
    } catch (error) {
      this.#broke(error, controller);
    }
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    try {
      this.#pool.done(this);
      endLater(this.#exchange, toStrings(controller.rawTrailers));
    } catch (error) {
      this.#broke(error, controller);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    try {
      const exchange = this.#exchange;
      this.#pool.done(this);
      if (exchange.finished) return;
      if (this.#mayReplay(error)) {
        // `cancel` must reach the retry, not the request that has just failed.
        this.#controller = undefined;
        return this.send();
      }
      exchange.failUpstream(error);
    } catch (fault) {
      this.#broke(fault, undefined);
    }
  }

  /** Ends the exchange, takes the request off its connection, and gives the connection back to the pool. */
  #broke(error: unknown, controller: Dispatcher.DispatchController | undefined): void {
    this.#exchange.broke(error);
    attempt(
      () => controller?.abort(error as Error),
      () => this.#pool.done(this),
    );
  }

  /** Once, and only where a connection that had served before closed before any byte of a response: the server had given it up. */
  #mayReplay(error: Error): boolean {
    const { method, body }: UpstreamRequest = this.#exchange.request;
    const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
    return (
      code === 'UND_ERR_SOCKET' &&
      !this.#begun &&
      (socket?.bytesRead ?? 0) > 0 &&
      this.#exchange.upstreamRequests === 1 &&
      (method === 'GET' || method === 'HEAD') &&
      !body
    );
  }
}

/** One character a byte, as `writeHead` wants them; our own connection gives strings, undici bytes. */
function toStrings(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  const parts = raw as string[] | Buffer[] | null | undefined;
  if (!parts || parts.length === 0) return NONE;
  if (typeof parts[0] === 'string') return parts as string[];
  const flat: string[] = new Array(parts.length);
  for (let i = 0; i < parts.length; i++) flat[i] = (parts[i] as Buffer).toString('latin1');
  return flat;
}
