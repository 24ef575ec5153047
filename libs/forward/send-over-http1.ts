import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatehouseError } from '#errors';
import { atEndOfTurn } from '#http1';
import type { Exchange, UpstreamSide } from './exchange.ts';
import type { ForwardInput, LendingController, PooledConnections, PooledHandler } from './ports.ts';
import { RequestBody } from './read-request-body.ts';
import { failUnreachable } from './fail-unreachable.ts';

const NONE: readonly string[] = [];
const endLater = atEndOfTurn((exchange: Exchange, rawTrailers: readonly string[]) => exchange.end(rawTrailers));

/**
 * Sends one exchange's request over a pooled HTTP/1.1 connection. It is the connection's handler itself, of undici's
 * shape: no streams, and no promise or closure a chunk.
 */
export class Http1Sender implements PooledHandler, UpstreamSide {
  /** The pool's note. */
  connection: unknown;
  readonly #exchange: Exchange;
  readonly #input: ForwardInput;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #connections: PooledConnections;
  #controller: Dispatcher.DispatchController | undefined;
  #waitingTimer: NodeJS.Timeout | undefined;
  #cancelled = false;
  #begun = false;

  constructor(exchange: Exchange, input: ForwardInput, upstreamHeaders: string[]) {
    const { upstream, grant, decision, headers, timeouts, maxBodyBytes } = input;
    const { request: info } = decision;
    this.#exchange = exchange;
    this.#input = input;
    // What runs long may hold its connection for hours: it must not take one of those that short requests share.
    this.#connections = upstream.connections(
      grant.mode === 'impersonate' ? 'gateway' : 'person',
      info.longRunning ? 'long' : kindOf(info.method, headers.hasBody),
    );
    const idleMs = info.longRunning ? 0 : timeouts.shortRequestSeconds * 1000;
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      method: info.method as Dispatcher.HttpMethod,
      path: upstream.basePath + info.target,
      headers: upstreamHeaders,
      body: headers.hasBody
        ? (new RequestBody(bodyOf(input), exchange, { withinMs: idleMs, maxBytes: maxBodyBytes }) as never)
        : null,
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      // A long-running answer would hold up whatever was pipelined behind it; the pool does not pipeline, this keeps it so.
      blocking: true,
    };
    if (upstream.tlsServerName) options.servername = upstream.tlsServerName;
    this.#options = options;
  }

  send(): void {
    this.#exchange.upstream = this;
    if (this.#connections.dispatch(this.#options, this)) return;
    this.#waitingTimer = setTimeout(() => {
      if (this.#connections.cancel(this))
        failUnreachable(this.#exchange, this.#input, { code: 'UND_ERR_HEADERS_TIMEOUT' });
    }, this.#input.timeouts.shortRequestSeconds * 1000);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  cancel(): void {
    clearTimeout(this.#waitingTimer);
    if (this.#controller) this.#controller.abort(new Error('the exchange is over'));
    else if (!this.#connections.cancel(this)) this.#cancelled = true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    clearTimeout(this.#waitingTimer);
    if (this.#cancelled) return controller.abort(new Error('the exchange is over'));
    this.#controller = controller;
    this.#exchange.upstreamRequests++;
  }

  /** The first byte of an answer. undici calls it; its types do not name it. */
  onResponseStarted(): void {
    this.#begun = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    _headers: unknown,
    statusMessage?: string,
  ): void {
    if (statusCode >= 200) this.#exchange.answer(statusCode, statusMessage, toStrings(controller.rawHeaders));
  }

  onResponseData({ giveBack }: LendingController, chunk: Buffer): void {
    this.#exchange.write(chunk, giveBack && (() => giveBack(chunk)));
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#connections.done(this);
    endLater(this.#exchange, toStrings(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#connections.done(this);
    if (this.#exchange.finished) return;
    if (this.#mayReplay(error)) return this.send();
    failUnreachable(this.#exchange, this.#input, error);
  }

  /** Once, and only where a connection that had served before closed before any byte of an answer: the server had given it up. */
  #mayReplay(error: Error): boolean {
    const { method } = this.#input.decision.request;
    const { code, socket } = error as { code?: string; socket?: { bytesRead?: number } };
    return (
      code === 'UND_ERR_SOCKET' &&
      !this.#begun &&
      (socket?.bytesRead ?? 0) > 0 &&
      this.#exchange.upstreamRequests === 1 &&
      (method === 'GET' || method === 'HEAD') &&
      !this.#input.headers.hasBody
    );
  }
}

function bodyOf({ body }: ForwardInput): IncomingMessage {
  if (!body) throw new GatehouseError('internal', 'a request with a body that cannot be read');
  return body;
}

const kindOf = (method: string, hasBody: boolean): 'read' | 'write' =>
  (method === 'GET' || method === 'HEAD') && !hasBody ? 'read' : 'write';

/** One character a byte, as `writeHead` wants them; those of reads come as strings, undici's own as bytes. */
function toStrings(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  const parts = raw as string[] | Buffer[] | null | undefined;
  if (!parts || parts.length === 0) return NONE;
  if (typeof parts[0] === 'string') return parts as string[];
  const flat: string[] = new Array(parts.length);
  for (let i = 0; i < parts.length; i++) flat[i] = (parts[i] as Buffer).toString('latin1');
  return flat;
}
