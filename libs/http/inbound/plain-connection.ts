import type { Socket } from 'node:net';
import { attempt, within, type Boundary, type ReportFault } from '../boundary.ts';
import { unsentBytes } from '../deliver.ts';
import type { ClientResponse, PlainRequest } from '../messages.ts';
import { PlainResponse, type ResponseOwner } from './plain-response.ts';
import { MAX_PLAIN_HEAD_BYTES, readPlainHead } from './read-plain-head.ts';

export interface PlainConnectionPorts {
  /** Whether `onRequest` serves a plain request for this target; all others are handed over. */
  takes(target: string): boolean;
  onRequest(request: PlainRequest, response: ClientResponse): void;
  /** A request that was read and that an error kept from `onRequest`. */
  onLost(request: PlainRequest): void;
  /** Serves the connection from here on; what was read of it and not responded to comes next, as `data`. */
  handOver(socket: Socket): void;
  /** Monotonic, in milliseconds. */
  now(): number;
  readonly reportFault: ReportFault;
  /** Header lines of a response behind which the connection stays open. */
  readonly keepAliveLines: string;
}

/** What may come behind a request that has no response yet, before the client is held back. */
const MAX_WAITING_BYTES = 64 * 1024;

/**
 * One connection of a client, as long as it sends nothing but plain requests: one at a time, each read from one piece of
 * bytes. With the first that is anything else (a body, an upgrade, a head in pieces, an odd one) the whole connection
 * goes to Node's server, for good, beginning with the bytes of that request.
 */
export class PlainConnection implements ResponseOwner, Boundary {
  readonly socket: Socket;
  readonly #ports: PlainConnectionPorts;
  #response: PlainResponse | undefined;
  /** What came while a request was being served. */
  #waiting: Buffer | undefined;
  #closing = false;
  #handedOver = false;
  #asked = false;
  #idleSinceMs: number;
  #unsent = 0;
  readonly #onData = within(this, (chunk: Buffer) => this.#take(chunk));
  /** As Node's server has it: a client that has closed its side is gone. */
  readonly #onEnd = within(this, () => void this.socket.end());
  readonly #onDrain = within(this, () => this.#drained());
  readonly #onClose = within(this, () => this.#closed());
  readonly #onError = within(this, () => void this.socket.destroy());

  constructor(socket: Socket, ports: PlainConnectionPorts) {
    this.socket = socket;
    this.#ports = ports;
    this.#idleSinceMs = ports.now();
    // First: an error without a listener ends the process. `close` follows it.
    socket.on('error', this.#onError);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
  }

  broke(error: unknown): void {
    const response = this.#response;
    this.#response = undefined;
    // `close` may be the very event whose callback broke, and is not emitted again.
    attempt(
      () => this.socket.destroy(),
      () => response?.clientClosed(),
    );
    this.#ports.reportFault('a client’s connection', error);
  }

  /**
   * Milliseconds since the last request was served; undefined while one is being served. A client that is still reading
   * its last response is not idle.
   */
  idleMs(nowMs: number): number | undefined {
    if (this.#response || this.#handedOver) return undefined;
    const unsent = unsentBytes(this.socket);
    if (unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#idleSinceMs = nowMs;
    }
    return nowMs - this.#idleSinceMs;
  }

  /** Whether any request ever came. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Ends the connection behind the response that is under way, or at once. */
  close(): void {
    if (this.#handedOver) return;
    this.#closing = true;
    if (!this.#response) this.socket.end();
  }

  closeAfterResponse(): void {
    this.#closing = true;
  }

  connectionLines(): string {
    return this.#closing ? 'Connection: close\r\n' : this.#ports.keepAliveLines;
  }

  responseEnded(): void {
    this.#response = undefined;
    this.#idleSinceMs = this.#ports.now();
    if (this.#closing) return void this.socket.end();
    // A client that does not read its responses gets no more of them.
    if (this.#waiting && !this.socket.writableNeedDrain) this.#readWaiting();
  }

  #take(chunk: Buffer): void {
    if (this.#response || this.#waiting || this.socket.writableNeedDrain)
      this.#wait(this.#waiting ? Buffer.concat([this.#waiting, chunk]) : chunk);
    else this.#read(chunk);
  }

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    const head = readPlainHead(chunk.toString('latin1', 0, MAX_PLAIN_HEAD_BYTES));
    if (!head || !this.#ports.takes(head.target)) return this.#handOver(chunk);
    if (head.end < chunk.length) this.#wait(chunk.subarray(head.end));
    this.#asked = true;
    if (head.closes) this.#closing = true;
    const { method, target, rawHeaders } = head;
    const request: PlainRequest = { method, url: target, rawHeaders, socket: this.socket, complete: true };
    try {
      this.#response = new PlainResponse(this, method === 'HEAD');
      this.#ports.onRequest(request, this.#response);
    } catch (error) {
      this.#ports.onLost(request);
      throw error;
    }
  }

  /** Reads on while it is little: only by reading is it noticed that a client leaves. */
  #wait(chunk: Buffer): void {
    this.#waiting = chunk;
    if (this.#waitingBytes() > MAX_WAITING_BYTES && !this.#handedOver) this.socket.pause();
  }

  #waitingBytes(): number {
    return this.#waiting?.length ?? 0;
  }

  #readWaiting(): void {
    // Later: the response before it may have been ended from within its request's own handler.
    setImmediate(
      within(this, () => {
        const chunk = this.#waiting;
        if (!chunk || this.#response || this.socket.destroyed) return;
        this.#waiting = undefined;
        this.#read(chunk);
        if (!this.#handedOver && this.#waitingBytes() <= MAX_WAITING_BYTES) this.socket.resume();
      }),
    );
  }

  #handOver(chunk: Buffer): void {
    this.#handedOver = true;
    if (!this.socket.isPaused()) return this.#give(chunk);
    // Node's server must find a socket that flows: it could not hold back the sender of one that is resumed later.
    this.#waiting = chunk;
    // What the stream holds comes by `data`, and is put behind.
    this.socket.read();
    this.socket.resume();
    process.nextTick(within(this, () => this.#give(this.#waiting ?? chunk)));
  }

  /**
   * Leaves the socket as Node's server would have found it, but for the bytes that were read: its parser gets those by
   * an event, and all later ones from below the stream. So at once: one read of TLS can bring several pieces in a row.
   */
  #give(chunk: Buffer): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // The stream waits for bytes, which it will never get: else it would begin to read again after the parser has paused it.
    socket.read(0);
    socket.removeListener('data', this.#onData);
    socket.removeListener('end', this.#onEnd);
    socket.removeListener('drain', this.#onDrain);
    socket.removeListener('close', this.#onClose);
    this.#ports.handOver(socket);
    // Only now has Node's server a listener of its own.
    socket.removeListener('error', this.#onError);
    socket.emit('data', chunk);
  }

  #drained(): void {
    if (this.#response) this.#response.drained();
    else if (this.#waiting) this.#readWaiting();
  }

  #closed(): void {
    this.#response?.clientClosed();
    this.#response = undefined;
  }
}
