import type { Socket } from 'node:net';
import type { ClientAnswer, PlainRequest } from './client.ts';
import { PlainAnswer } from './plain-answer.ts';
import { MAX_PLAIN_HEAD_BYTES, readPlainHead } from './read-plain-head.ts';

export interface PlainConnectionPorts {
  /** Whether a plain request for this target is `onRequest`'s; all else is handed over. */
  takes(target: string): boolean;
  onRequest(request: PlainRequest, answer: ClientAnswer): void;
  /** Serves the connection from here on; what was read of it and not answered comes next, as `data`. */
  handOver(socket: Socket): void;
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Header lines of an answer behind which the connection stays open. */
  readonly keepAliveLines: string;
}

/** What may come behind a request that is not answered yet, before the client is held back. */
const MAX_WAITING_BYTES = 64 * 1024;

/**
 * One connection of a client, as long as it asks nothing but plain requests: one at a time, each read from one piece of
 * bytes. With the first that is anything else (a body, an upgrade, a head in pieces, an odd one) the whole connection
 * goes to Node's server, for good, beginning with the bytes of that request.
 */
export class PlainConnection {
  readonly socket: Socket;
  readonly #ports: PlainConnectionPorts;
  #answer: PlainAnswer | undefined;
  /** What came while a request was being answered. */
  #waiting: Buffer | undefined;
  #closing = false;
  #handedOver = false;
  #asked = false;
  #idleSinceMs: number;

  constructor(socket: Socket, ports: PlainConnectionPorts) {
    this.socket = socket;
    this.#ports = ports;
    this.#idleSinceMs = ports.now();
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
    // Told by `close`.
    socket.on('error', this.#onError);
  }

  /** Milliseconds that nothing has been asked for; undefined while a request is being answered. */
  idleMs(nowMs: number): number | undefined {
    return this.#answer || this.#handedOver ? undefined : nowMs - this.#idleSinceMs;
  }

  /** Whether anything was ever asked. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Ends the connection behind the answer that is under way, or at once. */
  close(): void {
    if (this.#handedOver) return;
    this.#closing = true;
    if (!this.#answer) this.socket.end();
  }

  connectionLines(): string {
    return this.#closing ? 'Connection: close\r\n' : this.#ports.keepAliveLines;
  }

  answerEnded(): void {
    this.#answer = undefined;
    this.#idleSinceMs = this.#ports.now();
    if (this.#closing) return void this.socket.end();
    // Who does not read its answers gets no more of them.
    if (this.#waiting && !this.socket.writableNeedDrain) this.#readWaiting();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#answer || this.#waiting || this.socket.writableNeedDrain)
      this.#wait(this.#waiting ? Buffer.concat([this.#waiting, chunk]) : chunk);
    else this.#read(chunk);
  };

  #read(chunk: Buffer): void {
    if (this.#closing) return;
    const head = readPlainHead(chunk.toString('latin1', 0, MAX_PLAIN_HEAD_BYTES));
    if (!head || !this.#ports.takes(head.target)) return this.#handOver(chunk);
    if (head.end < chunk.length) this.#wait(chunk.subarray(head.end));
    this.#asked = true;
    if (head.closes) this.#closing = true;
    const { method, target, rawHeaders } = head;
    this.#answer = new PlainAnswer(this, method === 'HEAD');
    const request: PlainRequest = { method, url: target, rawHeaders, socket: this.socket, complete: true };
    this.#ports.onRequest(request, this.#answer);
  }

  /** Read on where it is little: a client that leaves is noticed by reading. */
  #wait(chunk: Buffer): void {
    this.#waiting = chunk;
    if (this.#waitingBytes() > MAX_WAITING_BYTES && !this.#handedOver) this.socket.pause();
  }

  #waitingBytes(): number {
    return this.#waiting?.length ?? 0;
  }

  #readWaiting(): void {
    // Later: the answer before it may have been ended from within its request's own handler.
    setImmediate(() => {
      const chunk = this.#waiting;
      if (!chunk || this.#answer || this.socket.destroyed) return;
      this.#waiting = undefined;
      this.#read(chunk);
      if (!this.#handedOver && this.#waitingBytes() <= MAX_WAITING_BYTES) this.socket.resume();
    });
  }

  #handOver(chunk: Buffer): void {
    this.#handedOver = true;
    if (!this.socket.isPaused()) return this.#give(chunk);
    // Node's server must find a socket that flows: it could not hold back the sender of one that is resumed later.
    this.#waiting = chunk;
    // What the stream holds comes by `data`, and is put behind.
    this.socket.read();
    this.socket.resume();
    process.nextTick(() => this.#give(this.#waiting ?? chunk));
  }

  /**
   * Leaves the socket as Node's server would have found it, but for the bytes that were read: its parser gets those by
   * an event, and all later ones from below the stream. So at once: one read of TLS can tell several pieces in a row.
   */
  #give(chunk: Buffer): void {
    const { socket } = this;
    socket.removeListener('data', this.#onData);
    socket.removeListener('end', this.#onEnd);
    socket.removeListener('drain', this.#onDrain);
    socket.removeListener('close', this.#onClose);
    socket.removeListener('error', this.#onError);
    if (socket.destroyed) return;
    // The stream waits for bytes, which it will never get: else it would begin to read again after the parser has paused it.
    socket.read(0);
    this.#ports.handOver(socket);
    socket.emit('data', chunk);
  }

  /** As Node's server has it: a client that has closed its side is gone. */
  readonly #onEnd = (): void => void this.socket.end();

  readonly #onDrain = (): void => {
    if (this.#answer) this.#answer.drained();
    else if (this.#waiting) this.#readWaiting();
  };

  readonly #onClose = (): void => {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.clientClosed();
  };

  readonly #onError = (): void => void this.socket.destroy();
}
