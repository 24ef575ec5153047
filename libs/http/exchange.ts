import { TLSSocket } from 'node:tls';
import { describeConnectFailure, type ErrorCode } from '#errors';
import { attempt, within, type Boundary } from './boundary.ts';
import { StallTimer } from './deliver.ts';
import type { ExchangeOutcome, ResponseRules, RunningExchange, UpstreamRequest } from './exchange-contract.ts';
import { MAX_HELD_BYTES } from './gather-pieces.ts';
import { readContentLength, withoutFraming } from './header-lines.ts';
import { reasonPhrase, sendHead, type ClientResponse } from './messages.ts';

type End = Pick<ExchangeOutcome, 'refusal' | 'aborted' | 'abortCode' | 'cause'>;

/** What an exchange does to its upstream side, whatever protocol that speaks. */
export interface UpstreamSide {
  pause(): void;
  resume(): void;
  /** Ends the upstream side at once. What it reports afterwards is ignored. */
  cancel(): void;
}

const MAX_JOINED_BYTES = 16 * 1024;

/**
 * The client's side of one request: writes the response, holds the upstream back where the client does not read, and
 * knows how it ended. One object a request; the sender calls `respond`, `write` and then either `end` or `fail`, and
 * nothing that comes after the end has an effect. It is the boundary of every callback that serves it: see `broke`.
 */
export class Exchange implements RunningExchange, Boundary {
  readonly outcome: Promise<ExchangeOutcome>;
  readonly request: UpstreamRequest;
  bytesIn = 0;
  upstreamRequests = 0;
  readonly #rules: ResponseRules;
  readonly #response: ClientResponse;
  #settle: ((outcome: ExchangeOutcome) => void) | undefined;
  #upstream: UpstreamSide | undefined;
  #responded = false;
  #waitsForClient = false;
  #stalled: StallTimer | undefined;
  /** Of a response that waits behind another one of its connection. */
  #queuedTimer: NodeJS.Timeout | undefined;
  #bytesOut = 0;
  /** Bytes that a sized response still lacks; NaN where it has no size. */
  #missing = Number.NaN;
  /** The last bytes of a sized response, until the upstream has said that it is whole: they go out with the end, in one write. */
  #last: Buffer | undefined;
  #lastWritten: (() => void) | undefined;

  constructor(request: UpstreamRequest, rules: ResponseRules, response: ClientResponse) {
    this.request = request;
    this.#rules = rules;
    this.#response = response;
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>();
    this.outcome = promise;
    this.#settle = resolve;
    // Not `within`: this is done for each request, and one closure is enough.
    response.once('close', () => {
      try {
        this.#onClientClosed();
      } catch (error) {
        this.broke(error);
      }
    });
    // A client that left while the request was judged has emitted its `close` before anybody listened.
    if (response.destroyed) this.#onClientClosed();
  }

  get finished(): boolean {
    return this.#settle === undefined;
  }

  get responded(): boolean {
    return this.#responded;
  }

  set upstream(side: UpstreamSide) {
    this.#upstream = side;
  }

  /**
   * Writes the head of the response. `rawHeaders` flat, values one character a byte. The upstream's reason phrase is
   * never used: it may hold any bytes, and says nothing that the status code does not.
   */
  respond(statusCode: number, rawHeaders: readonly string[]): void {
    if (this.finished) return;
    if (!(statusCode >= 200 && statusCode <= 599)) return this.#invalid(`the status code ${statusCode}`);
    const head = this.#rules.head(statusCode, rawHeaders);
    if (!Array.isArray(head)) return this.#finishAndCancel({ refusal: head });
    // RFC 9110 sections 15.3.5 and 15.4.5.
    const hasBody = statusCode !== 204 && statusCode !== 304;
    const headers = hasBody ? head : withoutFraming(head);
    const response = this.#response;
    response.sendDate = false;
    try {
      response.writeHead(statusCode, reasonPhrase(statusCode), headers);
    } catch (error) {
      return this.#invalid('a header that cannot be sent', error);
    }
    this.#responded = true;
    // It is whole with its head, whatever bytes follow it.
    if (!hasBody) return this.end([]);
    // A watch may have no event for hours: its headers go out now. A sized short response saves the extra write.
    if (this.request.kind !== 'short') return sendHead(response);
    this.#missing = readContentLength(headers);
    if (Number.isNaN(this.#missing)) sendHead(response);
  }

  /** @param written called, if at all, when the chunk is written and nobody needs its bytes any more. */
  write(chunk: Buffer, written?: () => void): void {
    if (this.finished) return;
    this.#bytesOut += chunk.length;
    this.#missing -= chunk.length;
    if (this.#missing === 0) {
      this.#last = chunk;
      this.#lastWritten = written;
      return;
    }
    if (this.#response.write(chunk, written)) return;
    // Without a socket it waits behind another response, of which nothing is known.
    const { socket } = this.#response;
    if (socket && socket.writableLength <= MAX_HELD_BYTES) return;
    this.#upstream?.pause();
    if (this.#waitsForClient) return;
    this.#waitsForClient = true;
    if (this.request.kind === 'short') this.#limitStall();
    this.#response.once(
      'drain',
      within(this, () => {
        this.#waitsForClient = false;
        this.#stalled?.stop();
        clearTimeout(this.#queuedTimer);
        this.#upstream?.resume();
      }),
    );
  }

  /** The upstream has said that its response is whole. */
  end(rawTrailers: readonly string[]): void {
    if (this.finished) return;
    if (rawTrailers.length > 0) this.#response.addTrailers(this.#rules.trailers(rawTrailers));
    const last = this.#last;
    // As text it is put behind the head and both are written at once; bytes would be a second buffer (4 µs a request).
    if (last && last.length === this.#bytesOut && last.length <= MAX_JOINED_BYTES)
      this.#response.end(last.toString('latin1'), 'latin1');
    else this.#response.end(last, this.#lastWritten);
    this.#finish({});
  }

  /** The upstream has failed: with `code` where no response has been sent; half a response is cut. */
  fail(code: ErrorCode, message: string | undefined, cause: unknown): void {
    if (this.finished) return;
    if (!this.#responded) return this.#finish({ refusal: message === undefined ? { code } : { code, message }, cause });
    cutResponse(this.#response);
    this.#finish({ aborted: 'upstream', cause });
  }

  /** As `fail`, for an upstream that could not be reached, did not respond in time, was lost, or sent what is not HTTP. */
  failUpstream(error: unknown): void {
    const { code } = error as { code?: string };
    const { upstream } = this.request;
    if (code === OWN_FAULT) return this.broke((error as Error).cause);
    if (code === QUEUE_FULL)
      return this.fail(
        'tooManyRequests',
        `too many requests wait for a connection to ${upstream}; try again later`,
        error,
      );
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
      return this.fail('upstreamTimeout', `${upstream} did not answer in time`, error);
    if (code === INVALID_RESPONSE || code?.startsWith('HPE_'))
      return this.fail('upstreamInvalid', `${upstream} sent a response that is not valid HTTP`, error);
    const failure = describeConnectFailure(error, upstream);
    this.fail(failure.code, failure.message, error);
  }

  abort(code: ErrorCode, message?: string): void {
    if (this.finished) return;
    if (!this.#responded)
      return this.#finishAndCancel({ refusal: message === undefined ? { code } : { code, message } });
    cutResponse(this.#response);
    this.#finishAndCancel({ aborted: 'gateway', abortCode: code });
  }

  /** The client does not read a short response, whose connection others wait for; or it stalls (`StallTimer`). */
  cutUnread(unreadMs: number): void {
    if (this.finished) return;
    cutResponse(this.#response);
    const cause = new Error(`the client read nothing for ${Math.round(unreadMs) / 1000} s`);
    this.#finishAndCancel({ aborted: 'client', cause });
  }

  /** An error of our own, out of any callback that serves this exchange: both sides are closed, the caller gets the cause. */
  broke(error: unknown): void {
    const upstream = this.#upstream;
    if (this.finished) return attempt(() => upstream?.cancel());
    const response = this.#response;
    if (!response.headersSent && !response.destroyed) {
      response.shouldKeepAlive = false;
      this.#finish({ refusal: { code: 'exchangeFailed' }, cause: error });
    } else {
      attempt(
        () => cutResponse(response),
        () => response.destroy(),
      );
      this.#finish({ aborted: 'gateway', abortCode: 'exchangeFailed', cause: error });
    }
    attempt(() => upstream?.cancel());
  }

  #invalid(what: string, cause?: unknown): void {
    const { upstream } = this.request;
    this.#finishAndCancel({
      refusal: { code: 'upstreamInvalid', message: `${upstream} sent ${what}` },
      cause: cause ?? new Error(`the upstream sent ${what}`),
    });
  }

  /** A pipelined response has no socket until those before it have ended; a watch among them lasts for hours. */
  #limitStall(): void {
    const { socket } = this.#response;
    const { stalledReaderMs } = this.request.times;
    if (socket) {
      this.#stalled ??= new StallTimer(this, socket, stalledReaderMs, () => this.cutUnread(stalledReaderMs));
      return this.#stalled.start();
    }
    this.#queuedTimer = setTimeout(
      within(this, () => (this.#response.socket ? this.#limitStall() : this.cutUnread(stalledReaderMs))),
      stalledReaderMs,
    ).unref();
  }

  #onClientClosed(): void {
    if (!this.finished) this.#finishAndCancel({ aborted: 'client' });
  }

  /** In this order: a side that is cancelled may report a failure before `cancel` returns, which must have no effect. */
  #finishAndCancel(end: End): void {
    this.#finish(end);
    this.#upstream?.cancel();
  }

  #finish(end: End): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#stalled?.stop();
    clearTimeout(this.#queuedTimer);
    settle?.({
      statusCode: this.#responded ? this.#response.statusCode : 0,
      bytesIn: this.bytesIn,
      bytesOut: this.#bytesOut,
      upstreamRequests: this.upstreamRequests,
      ...end,
    });
  }
}

const INVALID_RESPONSE = 'GATEHOUSE_INVALID_RESPONSE';

const OWN_FAULT = 'GATEHOUSE_FAULT';

const QUEUE_FULL = 'GATEHOUSE_QUEUE_FULL';

/** Too many requests wait for a connection: `failUpstream` makes a 429 of it. */
export const queueFull = (): Error => Object.assign(new Error('too many requests wait'), { code: QUEUE_FULL });

/** An error of our own, on its way through a handler that otherwise gets those of the network. */
export const ownFault = (cause: unknown): Error =>
  Object.assign(new Error('an upstream connection broke', { cause }), { code: OWN_FAULT });

/** An upstream's bytes that are not an HTTP response: `failUpstream` makes a 502 of it that says so. */
export const invalidResponse = (what: string): Error =>
  Object.assign(new Error(`the upstream sent ${what}`), { code: INVALID_RESPONSE });

/**
 * Cuts a response whose end will not come, so that no client can take what it has for the whole. Over TLS the missing
 * close_notify says it. Without TLS an HTTP/1.0 client (nginx as a proxy in front) reads the end of the connection as
 * the end of the body, so that only a reset will do.
 */
export function cutResponse(response: ClientResponse): void {
  // One that waits behind another response has no socket yet, and Node would write what it holds of it later, as if more came.
  const socket = response.socket ?? response.req?.socket;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
  response.destroy();
}
