import type { Dispatcher } from 'undici';
import { giveBack } from '../gather-pieces.ts';
import type { PooledHandler } from './http1-pool.ts';
import type { ResponseSink } from './http1-response.ts';

/** Node's parser and `buildUpstreamHeaders` let no such value through, and only tokens as names. */
const CANNOT_STAND = /[^\t\x20-\x7e\x80-\xff]/;
/** A blank would end the target and begin a version. */
const CANNOT_STAND_IN_PATH = /[^\x21-\x7e\x80-\xff]/;

/** The connection, as far as a request under way needs it. */
export interface SendingConnection {
  pause(sending: Sending): void;
  resume(sending: Sending): void;
  abort(sending: Sending, reason: Error): void;
  take(sending: Sending, piece: Buffer): void;
  finish(sending: Sending): void;
  broke(error: unknown, sending: Sending): void;
}

/** One request under way, and what its handler does to it. */
export class Sending implements ResponseSink, Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  readonly giveBack = giveBack;
  readonly handler: PooledHandler;
  readonly options: Dispatcher.DispatchOptions;
  readonly #connection: SendingConnection;
  #over = false;
  #headSinceMs = 0;

  constructor(connection: SendingConnection, options: Dispatcher.DispatchOptions, handler: PooledHandler) {
    this.#connection = connection;
    this.options = options;
    this.handler = handler;
  }

  pause(): void {
    this.paused = true;
    this.#connection.pause(this);
  }

  resume(): void {
    this.paused = false;
    this.#connection.resume(this);
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.#connection.abort(this, reason);
  }

  noteBytes(): void {
    (this.handler as { onResponseStarted?(): void }).onResponseStarted?.();
  }

  /** A head that comes in drops sets the connection's timer back each time; as a whole it has no longer than that. */
  headIsLate(): boolean {
    const { headersTimeout } = this.options;
    this.#headSinceMs ||= performance.now();
    return !!headersTimeout && performance.now() - this.#headSinceMs > headersTimeout;
  }

  head(statusCode: number, rawHeaders: string[]): void {
    this.rawHeaders = rawHeaders;
    this.handler.onResponseStart?.(this, statusCode, {});
  }

  data(chunk: Buffer): void {
    this.#connection.take(this, chunk);
  }

  end(rawTrailers: string[]): void {
    this.rawTrailers = rawTrailers;
    try {
      this.#connection.finish(this);
    } catch (error) {
      // The connection has taken us off already, and would not know whose error it is.
      return this.#connection.broke(error, this);
    }
    this.#over = true;
    this.handler.onResponseEnd?.(this, {});
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.handler.onResponseError?.(this, error);
  }
}

/** The head of a request; undefined where something in it cannot be sent. */
export function headOf({ method, path, headers }: Dispatcher.DispatchOptions): string | undefined {
  if (CANNOT_STAND_IN_PATH.test(path)) return undefined;
  let head = `${method} ${path} HTTP/1.1\r\n`;
  const flat = headers as readonly string[];
  for (let i = 0; i < flat.length; i += 2) {
    const value = flat[i + 1] as string;
    if (CANNOT_STAND.test(value)) return undefined;
    head += `${flat[i]}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
