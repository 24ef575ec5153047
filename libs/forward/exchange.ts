import type { ErrorCode } from '#errors';
import type { ClientAnswer } from '#http1';
import { responseHeadersForClient, trailersForClient } from '#kube';
import { cutAnswer } from './cut-answer.ts';
import { MAX_HELD_BYTES } from './max-held-bytes.ts';
import type { ForwardInput, Forwarding, ForwardOutcome } from './ports.ts';
import { refusalOfUpstream401 } from './refuse-upstream-401.ts';

/** What an exchange does to its upstream side, whatever protocol that speaks. */
export interface UpstreamSide {
  pause(): void;
  resume(): void;
  /** Ends the upstream side at once. What it reports afterwards is ignored. */
  cancel(): void;
}

const MAX_JOINED_BYTES = 16 * 1024;

/**
 * The client's side of one forwarded request: writes the answer, holds the upstream back where the client does not
 * read, and knows how it ended. One object a request; whoever speaks upstream calls `answer`, `write` and then either
 * `end` or `fail`, and nothing that comes after the end has an effect.
 */
export class Exchange implements Forwarding {
  readonly outcome: Promise<ForwardOutcome>;
  bytesIn = 0;
  upstreamRequests = 0;
  readonly #input: ForwardInput;
  readonly #response: ClientAnswer;
  #settle: ((outcome: ForwardOutcome) => void) | undefined;
  #upstream: UpstreamSide | undefined;
  #answered = false;
  #waitsForClient = false;
  #bytesOut = 0;
  /** Bytes that a sized answer still lacks; NaN where it has no size. */
  #missing = Number.NaN;
  /** The last bytes of a sized answer, until the upstream has said that it is whole: they go out with the end, in one write. */
  #last: Buffer | undefined;
  #lastWritten: (() => void) | undefined;

  constructor(input: ForwardInput, response: ClientAnswer) {
    this.#input = input;
    this.#response = response;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    response.once('close', () => this.#onClientClosed());
    // Whoever left while the request was judged has had its `close` before anybody listened.
    if (response.destroyed) this.#onClientClosed();
  }

  get finished(): boolean {
    return this.#settle === undefined;
  }

  get answered(): boolean {
    return this.#answered;
  }

  set upstream(side: UpstreamSide) {
    this.#upstream = side;
  }

  /**
   * Writes the answer's head. `rawHeaders` flat, values one character a byte.
   * An API server's 401 ends the exchange here: see refuse-upstream-401.ts.
   */
  answer(statusCode: number, statusMessage: string | undefined, rawHeaders: readonly string[]): void {
    if (this.finished) return;
    const { grant, decision, clusterPrefix, upstream, auditId, headers } = this.#input;
    const refusal = statusCode === 401 ? refusalOfUpstream401(grant, decision.request) : undefined;
    if (refusal) return this.#finishAndCancel({ refusal });
    const out = responseHeadersForClient(rawHeaders, {
      clusterPrefix,
      upstreamHost: upstream.hostHeader,
      basePath: upstream.basePath,
      browser: headers.secFetchSite !== undefined,
      auditId,
    });
    for (const warning of this.#input.warnings ?? []) out.push('Warning', warning);
    this.#answered = true;
    this.#response.sendDate = false;
    this.#response.writeHead(statusCode, statusMessage || undefined, out);
    // A watch may have no event for hours: its headers go out now. A sized short answer saves the extra write.
    if (decision.request.longRunning) return this.#response.flushHeaders();
    this.#missing = readContentLength(out);
    if (Number.isNaN(this.#missing)) this.#response.flushHeaders();
  }

  /** @param written told, if at all, when the chunk is written and nobody needs its bytes any more. */
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
    // Without a socket it waits behind another answer, of which nothing is known.
    const { socket } = this.#response;
    if (socket && socket.writableLength <= MAX_HELD_BYTES) return;
    this.#upstream?.pause();
    if (this.#waitsForClient) return;
    this.#waitsForClient = true;
    this.#response.once('drain', () => {
      this.#waitsForClient = false;
      this.#upstream?.resume();
    });
  }

  /** The upstream has said that its answer is whole. */
  end(rawTrailers: readonly string[]): void {
    if (this.finished) return;
    if (rawTrailers.length > 0) this.#response.addTrailers(trailersForClient(rawTrailers));
    const last = this.#last;
    // As text it is put behind the head and both are written at once; bytes would be a second buffer (4 µs a request).
    if (last && last.length === this.#bytesOut && last.length <= MAX_JOINED_BYTES)
      this.#response.end(last.toString('latin1'), 'latin1');
    else this.#response.end(last, this.#lastWritten);
    this.#finish({});
  }

  /** The upstream has failed: with `code` where nothing has been answered yet; half an answer is cut. */
  fail(code: ErrorCode, message: string | undefined, cause: unknown): void {
    if (this.finished) return;
    if (!this.#answered) return this.#finish({ refusal: message === undefined ? { code } : { code, message }, cause });
    cutAnswer(this.#response);
    this.#finish({ aborted: 'upstream', cause });
  }

  abort(code: ErrorCode, message?: string): void {
    if (this.finished) return;
    if (!this.#answered)
      return this.#finishAndCancel({ refusal: message === undefined ? { code } : { code, message } });
    cutAnswer(this.#response);
    this.#finishAndCancel({ aborted: 'gateway', abortCode: code });
  }

  #onClientClosed(): void {
    if (this.finished) return;
    this.#finishAndCancel({ aborted: 'client' });
  }

  /** In this order: a cancelled side may report its failure before `cancel` returns, and must not be the one who is heard. */
  #finishAndCancel(end: Pick<ForwardOutcome, 'refusal' | 'aborted' | 'abortCode'>): void {
    this.#finish(end);
    this.#upstream?.cancel();
  }

  #finish(end: Pick<ForwardOutcome, 'refusal' | 'aborted' | 'abortCode' | 'cause'>): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({
      statusCode: this.#answered ? this.#response.statusCode : 0,
      bytesIn: this.bytesIn,
      bytesOut: this.#bytesOut,
      upstreamRequests: this.upstreamRequests,
      ...end,
    });
  }
}

/** NaN where there is none. */
function readContentLength(flat: readonly string[]): number {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(flat[i + 1]);
  }
  return Number.NaN;
}
