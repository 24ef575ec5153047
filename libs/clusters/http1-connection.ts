import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { giveBack, PieceGatherer, readIntoOneBuffer } from '#http1';
import type { PooledClient, PooledHandler } from './http1-pool.ts';
import { AnswerReader } from './read-http1-answer.ts';

/** Connects, with TLS. Calls `tell` once; the error of a connection that was told stays the caller's. */
export type Connect = (tell: (error: Error | null, socket: Socket | null) => void) => void;

const READER = Symbol('the connection that reads a socket');

interface ReadSocket extends Socket {
  [READER]?: Http1Connection | undefined;
}

/** How the socket of an `Http1Connection` reads: option of `tls.connect`. */
export const READ_BY_CONNECTION = readIntoOneBuffer((socket: ReadSocket, piece) => {
  const connection = socket[READER];
  if (connection) connection.read(piece);
  // Nobody asked for anything.
  else socket.destroy();
  return true;
});

/** A connection that nobody uses is closed after this, or when the server says that it will be. */
const IDLE_MS = 60_000;
/** The server's own clock may be ahead. */
const KEEP_ALIVE_MARGIN_MS = 1_000;
/** Node's parser and `buildUpstreamHeaders` let no such value through, and only tokens as names. */
const CANNOT_STAND = /[^\t\x20-\x7e\x80-\xff]/;
/** A blank would end the target and begin a version. */
const CANNOT_STAND_IN_PATH = /[^\x21-\x7e\x80-\xff]/;

/**
 * Requests without a body over one connection, one at a time, as undici's `Client` does it for a quarter of a short
 * request's cost less (docs/adr/0017): one string is written, and no promise, timer or stream is made for a request.
 * Connects when it is used and not connected. Speaks to handlers as undici does.
 */
export class Http1Connection extends EventEmitter implements PooledClient {
  closed = false;
  readonly #connect: Connect;
  readonly #reader = new AnswerReader();
  readonly #body = new PieceGatherer((bytes) => this.#current?.handler.onResponseData?.(this.#current, bytes));
  #socket: ReadSocket | undefined;
  #current: Sending | undefined;
  #timeoutMs = 0;
  #whenIdle: (() => void) | undefined;

  constructor(connect: Connect) {
    super();
    this.#connect = connect;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    const sending = new Sending(this, options, handler);
    this.#current = sending;
    if (this.#socket) return this.#write(this.#socket, sending);
    this.#connect((error, socket) => {
      // Nobody else is sent here meanwhile: the pool was not told that this one is done.
      if (socket) this.#adopt(socket);
      if (error || !socket) this.#fail(error ?? new Error('not connected'));
      else this.#write(socket, sending);
    });
  }

  /** What is under way goes on to its end. */
  close(): Promise<void> {
    this.closed = true;
    if (!this.#current) {
      this.#drop();
      return Promise.resolve();
    }
    return new Promise((resolve) => (this.#whenIdle = resolve));
  }

  /** For the request that is under way only. */
  abort(sending: Sending, reason: Error): void {
    if (this.#current === sending) this.#fail(reason);
  }

  pause(sending: Sending): void {
    if (this.#current === sending) this.#socket?.pause();
  }

  resume(sending: Sending): void {
    if (this.#current === sending) this.#socket?.resume();
  }

  #adopt(socket: ReadSocket): void {
    this.#socket = socket;
    this.#timeoutMs = 0;
    let cause: Error | undefined;
    socket[READER] = this;
    socket.on('error', (error) => (cause = error));
    socket.on('timeout', () => this.#onTimeout());
    socket.on('end', () => {
      if (this.#socket !== socket) return;
      // Only a proper end makes an answer without a length whole; a reset never does.
      if (!this.#current || !this.#reader.readEnd()) this.#lose(socket, cause);
    });
    socket.on('close', () => this.#lose(socket, cause));
    this.emit('connect');
  }

  #write(socket: Socket, sending: Sending): void {
    const { handler, options } = sending;
    handler.onRequestStart?.(sending, null);
    if (this.#current !== sending) return;
    const head = headOf(options);
    if (head === undefined) return this.#fail(new Error('a header that cannot be sent'));
    this.#reader.begin(sending, options.method === 'HEAD');
    this.#expectWithin(socket, options.headersTimeout ?? 0);
    socket.write(head, 'latin1');
  }

  /** @param chunk is lent until this returns. */
  read(chunk: Buffer): void {
    const sending = this.#current;
    // Nobody asked for anything.
    if (!sending) return this.#drop();
    const wasInHead = this.#reader.inHead;
    if (wasInHead) sending.noteBytes();
    const problem = this.#reader.read(chunk);
    if (this.#current !== sending) return;
    if (problem) this.#fail(new Error(`the upstream sent ${problem}`));
    else if (wasInHead && this.#reader.inHead && sending.headIsLate()) this.#fail(named('UND_ERR_HEADERS_TIMEOUT'));
    else this.#body.flushSoon();
  }

  take(sending: Sending, piece: Buffer): void {
    if (this.#current === sending) this.#body.take(piece);
  }

  /** The answer is whole. The next request may come before this returns. */
  finish(sending: Sending): void {
    if (this.#current === sending) this.#body.flush();
    if (this.#current !== sending) return;
    this.#current = undefined;
    const { reusable, keepAliveSeconds } = this.#reader;
    const idleMs =
      keepAliveSeconds === undefined ? IDLE_MS : Math.min(IDLE_MS, keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS);
    if (!reusable || this.closed || idleMs <= 0) this.#drop();
    else if (this.#socket) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#expectWithin(this.#socket, idleMs);
    }
    this.#tellIdle();
  }

  #fail(error: Error): void {
    const sending = this.#current;
    if (sending?.aborted) this.#body.drop();
    else this.#body.flush();
    // Whoever was told of those bytes may have had enough.
    if (this.#current !== sending) return;
    this.#current = undefined;
    this.#reader.stop();
    this.#drop();
    sending?.handler.onResponseError?.(sending, error);
    this.#tellIdle();
  }

  #lose(socket: Socket, cause: Error | undefined): void {
    if (this.#socket !== socket) return;
    if (!this.#current) return this.#drop();
    // As undici says it: a connection that had served before may have been given up by the server.
    const lost = named('UND_ERR_SOCKET', { cause });
    this.#fail(Object.assign(lost, { socket: { bytesRead: socket.bytesRead } }));
  }

  #onTimeout(): void {
    const socket = this.#socket;
    if (!socket) return;
    if (!this.#current) return this.#drop();
    // The client does not read; that is not the upstream's slowness.
    if (socket.isPaused()) return void socket.setTimeout(this.#timeoutMs);
    this.#fail(named(this.#reader.inHead ? 'UND_ERR_HEADERS_TIMEOUT' : 'UND_ERR_BODY_TIMEOUT'));
  }

  /** One timer a connection, that every byte sets back. */
  #expectWithin(socket: Socket, ms: number): void {
    if (this.#timeoutMs === ms) return;
    this.#timeoutMs = ms;
    socket.setTimeout(ms);
  }

  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    socket[READER] = undefined;
    socket.destroy();
    this.emit('disconnect');
  }

  #tellIdle(): void {
    if (this.#current) return;
    const tell = this.#whenIdle;
    this.#whenIdle = undefined;
    tell?.();
  }
}

/** One request under way, and what its handler does to it. */
class Sending implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  readonly giveBack = giveBack;
  readonly handler: PooledHandler;
  readonly options: Dispatcher.DispatchOptions;
  readonly #connection: Http1Connection;
  #headSinceMs = 0;

  constructor(connection: Http1Connection, options: Dispatcher.DispatchOptions, handler: PooledHandler) {
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

  head(statusCode: number, statusMessage: string, rawHeaders: string[]): void {
    this.rawHeaders = rawHeaders;
    this.handler.onResponseStart?.(this, statusCode, {}, statusMessage);
  }

  data(chunk: Buffer): void {
    this.#connection.take(this, chunk);
  }

  end(rawTrailers: string[]): void {
    this.rawTrailers = rawTrailers;
    this.#connection.finish(this);
    this.handler.onResponseEnd?.(this, {});
  }
}

function headOf({ method, path, headers }: Dispatcher.DispatchOptions): string | undefined {
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

function named(code: string, options: ErrorOptions = {}): Error {
  return Object.assign(new Error(`upstream: ${code}`, options), { code });
}
