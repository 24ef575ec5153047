import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * A client's body as undici takes it: an iterator, since undici destroys a stream when it fails, and with it the
 * socket that still needs our answer. One chunk is asked for at a time, so that the client is held back by its upstream.
 * A body that takes longer than `withinMs` (0: as long as it likes), or is longer than `maxBytes`, ends the exchange
 * with requestTimeout or tooLarge: one that drips a byte now and then would hold its place for ever.
 */
export class RequestBody implements AsyncIterableIterator<Buffer> {
  readonly #request: IncomingMessage;
  readonly #exchange: Exchange;
  readonly #withinMs: number;
  readonly #maxBytes: number;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(
    request: IncomingMessage,
    exchange: Exchange,
    limits: { readonly withinMs: number; readonly maxBytes: number },
  ) {
    this.#withinMs = limits.withinMs;
    this.#maxBytes = limits.maxBytes;
    this.#request = request;
    this.#exchange = exchange;
    const wake = (): void => this.#wake?.();
    request.on('readable', wake);
    request.on('end', wake);
    request.on('close', wake);
    // Told by `close`.
    request.on('error', () => {});
    void exchange.outcome.then(() => {
      clearTimeout(this.#timer);
      wake();
    });
  }

  async next(): Promise<IteratorResult<Buffer>> {
    const request = this.#request;
    // From the first look on: waiting for a connection is not the client's slowness.
    if (this.#withinMs > 0) this.#timer ??= setTimeout(() => this.#exchange.abort('requestTimeout'), this.#withinMs);
    for (;;) {
      if (request.readableEnded) {
        clearTimeout(this.#timer);
        return { done: true, value: undefined };
      }
      if (this.#exchange.finished || request.destroyed) {
        void this.return();
        // Never a clean end: the upstream would take what it has for the whole.
        throw new Error('the exchange ended in the request body');
      }
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) {
        this.#exchange.bytesIn += chunk.length;
        if (this.#exchange.bytesIn > this.#maxBytes) {
          this.#exchange.abort('tooLarge', `a request body may have ${this.#maxBytes} bytes at most here`);
          continue;
        }
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
