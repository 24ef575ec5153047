import { constants, sensitiveHeaders, type ClientHttp2Stream } from 'node:http2';
import { attempt, within } from '../boundary.ts';
import type { Exchange, UpstreamSide } from '../exchange.ts';
import type { StreamLease } from './http2-pool.ts';

const NONE: readonly string[] = [];

/** Sends one exchange's request, which has no body, as one stream of a shared HTTP/2 connection. */
export class Http2Sender implements UpstreamSide {
  readonly #exchange: Exchange;
  readonly #reserve: () => Promise<StreamLease | undefined>;
  readonly #sendOverHttp1: (exchange: Exchange) => void;
  #stream: ClientHttp2Stream | undefined;

  /** @param sendOverHttp1 used where the upstream speaks no HTTP/2. */
  constructor(
    exchange: Exchange,
    reserve: () => Promise<StreamLease | undefined>,
    sendOverHttp1: (exchange: Exchange) => void,
  ) {
    this.#exchange = exchange;
    this.#reserve = reserve;
    this.#sendOverHttp1 = sendOverHttp1;
  }

  /** Never rejects: whatever goes wrong ends the exchange. */
  async send(): Promise<void> {
    try {
      const exchange = this.#exchange;
      let lease: StreamLease | undefined;
      try {
        lease = await this.#reserve();
      } catch (error) {
        return exchange.failUpstream(error);
      }
      if (exchange.finished) return lease?.release();
      if (!lease) return this.#sendOverHttp1(exchange);
      this.#open(lease);
    } catch (error) {
      this.#exchange.broke(error);
    }
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  cancel(): void {
    const stream = this.#stream;
    // A stream that the upstream has closed waits until its buffered bytes are read, which nobody does any more: `close`
    // of it does nothing, and its lease would never be returned.
    if (stream?.closed) stream.destroy();
    else stream?.close(constants.NGHTTP2_CANCEL);
  }

  #open(lease: StreamLease): void {
    const exchange = this.#exchange;
    let stream: ClientHttp2Stream;
    try {
      stream = lease.open(headersForHttp2(exchange.request));
    } catch (error) {
      // The connection was lost meanwhile, or a header cannot be sent; the lease is returned by then.
      return exchange.failUpstream(error);
    }
    this.#stream = stream;
    exchange.upstream = this;
    exchange.upstreamRequests++;
    const isWhole = noteEnd(stream);
    let trailers = NONE;
    let failure: unknown;
    stream.on(
      'response',
      within(exchange, (headers, _flags, raw) => {
        exchange.respond(Number(headers[':status']), withoutPseudoHeaders(raw));
        // One that was whole with its head: the upstream may go on for hours.
        if (exchange.finished) this.cancel();
      }),
    );
    stream.on(
      'data',
      within(exchange, (chunk: Buffer) => exchange.write(chunk)),
    );
    stream.on(
      'trailers',
      within(exchange, (_headers, _flags, raw: readonly string[]) => void (trailers = raw)),
    );
    stream.on(
      'end',
      within(exchange, () => {
        if (isWhole()) exchange.end(trailers);
      }),
    );
    stream.on(
      'error',
      within(exchange, (error) => void (failure = error)),
    );
    stream.on(
      'close',
      within(exchange, () => {
        if (exchange.finished) return;
        if (this.#mayReplay(stream, lease)) return void this.send();
        exchange.failUpstream(failure ?? new Error(`stream closed with code ${stream.rstCode}`));
      }),
    );
  }

  /** Once, and only a stream that the server says it has not begun, or whose connection was lost before any byte of a response. */
  #mayReplay(stream: ClientHttp2Stream, lease: StreamLease): boolean {
    if (this.#exchange.responded || this.#exchange.upstreamRequests !== 1) return false;
    return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (lease.reused && !lease.usable);
  }
}

function headersForHttp2({ method, path, headers: from }: Exchange['request']): string[] {
  const flat = [':method', method, ':scheme', 'https', ':authority', '', ':path', path];
  const sensitive = new Set<string>();
  for (let i = 0; i < from.length; i += 2) {
    const name = (from[i] as string).toLowerCase();
    if (name === 'host') {
      flat[5] = from[i + 1] as string;
      continue;
    }
    // Never indexed: a compression table is shared by everybody on the connection (RFC 7541 section 7.1.3).
    if (name === 'authorization' || name === 'cookie' || name.startsWith('impersonate-')) sensitive.add(name);
    flat.push(name, from[i + 1] as string);
  }
  return Object.assign(flat, { [sensitiveHeaders]: [...sensitive] });
}

function withoutPseudoHeaders(raw: readonly string[]): readonly string[] {
  let at = 0;
  while (at < raw.length && (raw[at] as string).startsWith(':')) at += 2;
  return raw.slice(at);
}

/**
 * Whether a stream ended because its sender said so. Node ends a stream's readable side alike for END_STREAM, for
 * RST_STREAM with NO_ERROR or CANCEL, and for a lost connection, without an error; a proxy that gives up in mid-response
 * (Envoy resets with NO_ERROR) would look like the end of a whole one. Only for END_STREAM does the end come while the
 * stream is not closed yet.
 *
 * @returns to be called once the stream has emitted `end`.
 */
function noteEnd(stream: ClientHttp2Stream): () => boolean {
  const push = stream.push;
  let whole: boolean | undefined;
  stream.push = function (this: ClientHttp2Stream, chunk: unknown, encoding?: BufferEncoding) {
    try {
      if (chunk === null) whole ??= !this.closed;
      return push.call(this, chunk, encoding);
    } catch (error) {
      attempt(() => stream.destroy(error as Error));
      return false;
    }
  };
  return () => whole === true;
}
