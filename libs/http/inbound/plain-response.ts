import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { HEADER_VALUE, headerLine } from '../header-lines.ts';
import type { ClientResponse } from '../messages.ts';

/** What a response needs of its connection. */
export interface ResponseOwner {
  readonly socket: Socket;
  /** Flat text of `Connection` and what belongs to it, with its line ends. */
  connectionLines(): string;
  /** No further request is read from this connection. */
  closeAfterResponse(): void;
  responseEnded(): void;
}

/** Chunks up to this size are copied between their frame; larger ones cost more than three writes. */
const MAX_COPIED_BYTES = 16 * 1024;

/**
 * The response to a plain request, written to its socket. What Node's ServerResponse does with the same calls, as far as
 * the pipeline makes them: a head with a length is followed by that body, one without by chunks.
 */
export class PlainResponse extends EventEmitter implements ClientResponse {
  statusCode = 200;
  sendDate = true;
  headersSent = false;
  destroyed = false;
  readonly #owner: ResponseOwner;
  readonly #isHead: boolean;
  /** Head that has not been written yet; it goes out with the first of the body. */
  #head = '';
  #hasBody = true;
  #chunked = false;
  #ended = false;
  #keepsAlive = true;
  #trailers = '';

  constructor(owner: ResponseOwner, isHead: boolean) {
    super();
    this.#owner = owner;
    this.#isHead = isHead;
  }

  get socket(): Socket {
    return this.#owner.socket;
  }

  get shouldKeepAlive(): boolean {
    return this.#keepsAlive;
  }

  set shouldKeepAlive(keeps: boolean) {
    this.#keepsAlive = keeps;
    if (!keeps) this.#owner.closeAfterResponse();
  }

  /** A plain request expects nothing. */
  writeContinue(): void {}

  writeHead(statusCode: number, reason: string, headers: readonly string[]): void {
    if (this.headersSent) throw new Error('the head of this response is written already');
    if (!HEADER_VALUE.test(reason)) throw new TypeError('a reason phrase that cannot be sent');
    let head = `HTTP/1.1 ${statusCode} ${reason}\r\n`;
    let sized = false;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string;
      const value = headers[i + 1] as string;
      if (name.length === 14 && name.toLowerCase() === 'content-length') sized = true;
      head += headerLine(name, value);
    }
    if (this.sendDate) head += `Date: ${new Date().toUTCString()}\r\n`;
    head += this.#owner.connectionLines();
    this.headersSent = true;
    this.statusCode = statusCode;
    this.#hasBody = !this.#isHead && statusCode !== 204 && statusCode !== 304;
    this.#chunked = this.#hasBody && !sized;
    this.#head = this.#chunked ? `${head}Transfer-Encoding: chunked\r\n\r\n` : `${head}\r\n`;
  }

  flushHeaders(): void {
    if (this.#head === '' || this.destroyed) return;
    this.socket.write(this.#takeHead(), 'latin1');
  }

  write(chunk: Buffer, written?: () => void): boolean {
    if (this.destroyed || this.#ended) return false;
    if (!this.#hasBody || chunk.length === 0) return true;
    const { socket } = this;
    const before = this.#takeHead() + (this.#chunked ? `${chunk.length.toString(16)}\r\n` : '');
    const after = this.#chunked ? '\r\n' : '';
    if (before === '') return socket.write(chunk, written);
    if (chunk.length <= MAX_COPIED_BYTES) {
      const framed = Buffer.allocUnsafe(before.length + chunk.length + after.length);
      framed.write(before, 0, 'latin1');
      chunk.copy(framed, before.length);
      framed.write(after, before.length + chunk.length, 'latin1');
      written?.();
      return socket.write(framed);
    }
    socket.cork();
    socket.write(before, 'latin1');
    let keepsUp = socket.write(chunk, written);
    if (after !== '') keepsUp = socket.write(after, 'latin1');
    socket.uncork();
    return keepsUp;
  }

  addTrailers(trailers: readonly [string, string][]): void {
    for (const [name, value] of trailers) this.#trailers += headerLine(name, value);
  }

  end(last?: Buffer | string, encodingOrWritten?: 'latin1' | (() => void)): void {
    if (this.#ended || this.destroyed) return;
    // As one string head and body are one write of one buffer (4 µs less than two).
    if (typeof last === 'string' && !this.#chunked) {
      const text = this.#takeHead() + (this.#hasBody ? last : '');
      if (text !== '') this.socket.write(text, 'latin1');
    } else {
      if (typeof last === 'string') this.write(Buffer.from(last, 'latin1'));
      else if (last) this.write(last, typeof encodingOrWritten === 'function' ? encodingOrWritten : undefined);
      const text = this.#takeHead() + (this.#chunked ? `0\r\n${this.#trailers}\r\n` : '');
      if (text !== '') this.socket.write(text, 'latin1');
    }
    this.#ended = true;
    this.#owner.responseEnded();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The connection has room again. */
  drained(): void {
    if (!this.#ended) this.emit('drain');
  }

  clientClosed(): void {
    if (this.#ended || this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}
