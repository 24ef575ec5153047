import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { attempt, within, type Boundary, type ReportFault } from '../boundary.ts';
import { invalidResponse, ownFault } from '../exchange.ts';
import { PieceGatherer } from '../gather-pieces.ts';
import { readIntoOneBuffer } from '../lend-reads.ts';
import type { PooledClient, PooledHandler } from './http1-pool.ts';
import { headOf, Sending } from './http1-sending.ts';
import { ResponseReader } from './http1-response.ts';

/** Connects, with TLS. Calls `done` once; the socket's later errors are the caller's to listen for. */
export type Connect = (done: (error: Error | null, socket: Socket | null) => void) => void;

const READER = Symbol('the connection that reads a socket');

interface ReadSocket extends Socket {
  [READER]?: Http1Connection | undefined;
}

/** How the socket of an `Http1Connection` reads: option of `tls.connect`. */
export const READ_BY_CONNECTION = readIntoOneBuffer((socket: ReadSocket, piece) => {
  const connection = socket[READER];
  if (connection) connection.read(piece);
  // Bytes without a request.
  else socket.destroy();
  return true;
});

/** An unused connection is closed after this, or when the server says that it will be. */
const IDLE_MS = 60_000;
/** The server's own clock may be ahead. */
const KEEP_ALIVE_MARGIN_MS = 1_000;
/**
 * Requests without a body over one connection, one at a time, as undici's `Client` does it for a quarter of a short
 * request's cost less (docs/adr/0017): one string is written, and no promise, timer or stream is made for a request.
 * Connects when it is used and not connected. Calls handlers as undici does. What a callback throws ends the request
 * that is under way and the connection.
 */
export class Http1Connection extends EventEmitter implements PooledClient, Boundary {
  closed = false;
  readonly #connect: Connect;
  readonly #reportFault: ReportFault;
  readonly #reader = new ResponseReader();
  readonly #body = new PieceGatherer(this, (bytes) => this.#current?.handler.onResponseData?.(this.#current, bytes));
  #socket: ReadSocket | undefined;
  #current: Sending | undefined;
  #timeoutMs = 0;
  #whenIdle: (() => void) | undefined;

  constructor(connect: Connect, reportFault: ReportFault) {
    super();
    this.#connect = connect;
    this.#reportFault = reportFault;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    const sending = new Sending(this, options, handler);
    this.#current = sending;
    try {
      if (this.#socket) this.#write(this.#socket, sending);
      else this.#connectFor(sending);
    } catch (error) {
      this.broke(error, sending);
    }
  }

  /** @param sending what was under way; it may have been taken off already when the error came. */
  broke(error: unknown, sending = this.#current): void {
    this.#current = undefined;
    attempt(
      () => this.#reader.stop(),
      () => this.#body.drop(),
      () => this.#drop(),
    );
    if (sending) attempt(() => sending.fail(ownFault(error)));
    else this.#reportFault('a connection to an upstream', error);
    attempt(() => this.#notifyIdle());
  }

  #connectFor(sending: Sending): void {
    this.#connect(
      within(this, (error: Error | null, socket: Socket | null) => {
        // Nothing else is sent here meanwhile: the pool has not been notified that this request is done.
        if (socket) this.#adopt(socket);
        if (error || !socket) this.#fail(error ?? new Error('not connected'));
        else this.#write(socket, sending);
      }),
    );
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
    const socket = this.#socket;
    if (this.#current !== sending || !socket) return;
    // The time in which the client did not read is not the upstream's.
    if (socket.isPaused()) socket.setTimeout(this.#timeoutMs);
    socket.resume();
  }

  #adopt(socket: ReadSocket): void {
    this.#socket = socket;
    this.#timeoutMs = 0;
    let cause: Error | undefined;
    socket[READER] = this;
    socket.on(
      'error',
      within(this, (error: Error) => void (cause = error)),
    );
    socket.on(
      'timeout',
      within(this, () => this.#onTimeout()),
    );
    socket.on(
      'end',
      within(this, () => {
        if (this.#socket !== socket) return;
        // Only a proper end makes a response without a length whole; a reset never does.
        if (!this.#current || !this.#reader.readEnd()) this.#lose(socket, cause);
      }),
    );
    socket.on(
      'close',
      within(this, () => this.#lose(socket, cause)),
    );
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
    try {
      // Bytes without a request.
      if (!sending) return this.#drop();
      const wasInHead = this.#reader.inHead;
      if (wasInHead) sending.noteBytes();
      const problem = this.#reader.read(chunk);
      if (this.#current !== sending) return;
      if (problem) this.#fail(invalidResponse(problem));
      else if (wasInHead && this.#reader.inHead && sending.headIsLate()) this.#fail(named('UND_ERR_HEADERS_TIMEOUT'));
      else this.#body.flushSoon();
    } catch (error) {
      this.broke(error, sending);
    }
  }

  take(sending: Sending, piece: Buffer): void {
    if (this.#current === sending) this.#body.take(piece);
  }

  /** The response is whole. The next request may come before this returns. */
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
    this.#notifyIdle();
  }

  #fail(error: Error): void {
    const sending = this.#current;
    if (sending?.aborted) this.#body.drop();
    else this.#body.flush();
    // The handler of those bytes may have aborted.
    if (this.#current !== sending) return;
    this.#current = undefined;
    try {
      this.#reader.stop();
      this.#drop();
    } catch (fault) {
      // Its socket must not stay: the next request would be sent behind what is left of this response.
      return this.broke(fault, sending);
    }
    sending?.fail(error);
    this.#notifyIdle();
  }

  #lose(socket: Socket, cause: Error | undefined): void {
    if (this.#socket !== socket) return;
    if (!this.#current) return this.#drop();
    // As undici has it: a connection that had served before may have been given up by the server.
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

  #notifyIdle(): void {
    if (this.#current) return;
    const idle = this.#whenIdle;
    this.#whenIdle = undefined;
    idle?.();
  }
}

function named(code: string, options: ErrorOptions = {}): Error {
  return Object.assign(new Error(`upstream: ${code}`, options), { code });
}
