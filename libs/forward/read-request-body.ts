import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * A client's body as undici takes it: an iterator, since undici destroys a stream when it fails, and with it the
 * socket that still needs our answer. One chunk is asked for at a time, so that the client is held back by its upstream.
 */
export class RequestBody implements AsyncIterableIterator<Buffer> {
  readonly #request: IncomingMessage;
  readonly #exchange: Exchange;
  #wake: (() => void) | undefined;

  constructor(request: IncomingMessage, exchange: Exchange) {
    this.#request = request;
    this.#exchange = exchange;
    const wake = (): void => this.#wake?.();
    request.on('readable', wake);
    request.on('end', wake);
    request.on('close', wake);
    // Told by `close`.
    request.on('error', () => {});
    void exchange.outcome.then(wake);
  }

  async next(): Promise<IteratorResult<Buffer>> {
    const request = this.#request;
    for (;;) {
      if (request.readableEnded) return { done: true, value: undefined };
      if (this.#exchange.finished || request.destroyed) {
        void this.return();
        // Never a clean end: the upstream would take what it has for the whole.
        throw new Error('the exchange ended in the request body');
      }
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) {
        this.#exchange.bytesIn += chunk.length;
        return { done: false, value: chunk };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  /** What the upstream will not read is read here and dropped: the client may be writing still, and sees no answer before. */
  async return(): Promise<IteratorResult<Buffer>> {
    this.#request.removeAllListeners('readable');
    this.#request.resume();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
