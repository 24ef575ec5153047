import type { IncomingMessage } from 'node:http';
import { ignoreError, within } from '../boundary.ts';
import type { Exchange } from '../exchange.ts';

/**
 * A client's body as undici takes it: an iterator, since undici destroys a stream when it fails, and with it the
 * socket that still needs our response. One chunk is requested at a time, so that the client is held back by its
 * upstream. A body that takes longer than `withinMs` (0: as long as it likes), or is longer than `maxBytes`, ends the
 * exchange with requestTimeout or tooLarge: one that drips a byte now and then would hold its connection for ever.
 */
export class RequestBody implements AsyncIterableIterator<Buffer> {
  readonly #request: IncomingMessage;
  readonly #exchange: Exchange;
  readonly #withinMs: number;
  readonly #maxBytes: number;
  readonly #stalled: (isStalled: boolean) => void;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(
    request: IncomingMessage,
    exchange: Exchange,
    limits: {
      readonly withinMs: number;
      readonly maxBytes: number;
      /** Called with true when the upstream waits for the client's next bytes, and with false when they have come. */
      readonly stalled?: (isStalled: boolean) => void;
    },
  ) {
    this.#stalled = limits.stalled ?? (() => {});
    this.#withinMs = limits.withinMs;
    this.#maxBytes = limits.maxBytes;
    this.#request = request;
    this.#exchange = exchange;
    const wake = within(exchange, () => this.#wake?.());
    request.on('readable', wake);
    request.on('end', wake);
    request.on('close', wake);
    // `close` follows it.
    request.on('error', ignoreError);
    void exchange.outcome.then(
      within(exchange, () => {
        clearTimeout(this.#timer);
        this.#wake?.();
      }),
    );
  }

  /**
   * Calls `act` once the body is whole, or as much of it has come as Node keeps in memory; at once where it has already.
   * Never calls it where the exchange or the client ends before. The time limit counts meanwhile, and anew from the first read.
   */
  whenBuffered(act: () => void): void {
    const request = this.#request;
    const look = within(this.#exchange, () => {
      if (!this.#exchange.finished && !isBuffered(request) && !request.destroyed) return;
      request.off('readable', look);
      request.off('end', look);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (!this.#exchange.finished && !request.destroyed) act();
    });
    request.on('readable', look);
    request.on('end', look);
    this.#startTimer();
    look();
  }

  async next(): Promise<IteratorResult<Buffer>> {
    let result: IteratorResult<Buffer> | undefined;
    try {
      result = await this.#next();
    } catch (error) {
      // The rejection makes undici end its connection; this ends the exchange with the cause.
      this.#exchange.broke(error);
      throw error;
    }
    // Never a clean end: the upstream would take what it has for the whole.
    if (!result) throw new Error('the exchange ended in the request body');
    return result;
  }

  /** What the upstream will not read is read here and dropped: the client may be writing still, and sees no response before. */
  async return(): Promise<IteratorResult<Buffer>> {
    this.#request.removeAllListeners('readable');
    this.#request.resume();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Undefined where the exchange or the client ended in mid-body. */
  async #next(): Promise<IteratorResult<Buffer> | undefined> {
    const request = this.#request;
    const exchange = this.#exchange;
    // From the first read on: waiting for a connection is not the client's slowness.
    this.#startTimer();
    for (;;) {
      if (request.readableEnded) {
        clearTimeout(this.#timer);
        return { done: true, value: undefined };
      }
      if (exchange.finished || request.destroyed) {
        await this.return();
        return undefined;
      }
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) {
        exchange.bytesIn += chunk.length;
        if (exchange.bytesIn > this.#maxBytes) {
          exchange.abort('tooLarge', `a request body may have ${this.#maxBytes} bytes at most here`);
          continue;
        }
        return { done: false, value: chunk };
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#stalled(true);
      await promise;
      this.#wake = undefined;
      this.#stalled(false);
    }
  }

  #startTimer(): void {
    const exchange = this.#exchange;
    if (this.#withinMs === 0) return;
    this.#timer ??= setTimeout(
      within(exchange, () => exchange.abort('requestTimeout')),
      this.#withinMs,
    );
  }
}

/** Node reads on until this much is there, although nobody has asked for it. */
const isBuffered = ({ complete, readableLength, readableHighWaterMark }: IncomingMessage): boolean =>
  complete || readableLength >= readableHighWaterMark;
