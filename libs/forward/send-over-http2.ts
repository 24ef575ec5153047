import { constants, sensitiveHeaders, type ClientHttp2Stream } from 'node:http2';
import type { Exchange, UpstreamSide } from './exchange.ts';
import { failUnreachable } from './fail-unreachable.ts';
import { noteEnd } from './note-end.ts';
import type { ForwardInput, StreamPlace } from './ports.ts';
import { Http1Sender } from './send-over-http1.ts';

const NONE: readonly string[] = [];

/** Sends one long-running read over a shared HTTP/2 connection; over HTTP/1.1 where the upstream speaks nothing else. */
export class Http2Sender implements UpstreamSide {
  readonly #exchange: Exchange;
  readonly #input: ForwardInput;
  readonly #upstreamHeaders: string[];
  #stream: ClientHttp2Stream | undefined;

  constructor(exchange: Exchange, input: ForwardInput, upstreamHeaders: string[]) {
    this.#exchange = exchange;
    this.#input = input;
    this.#upstreamHeaders = upstreamHeaders;
  }

  /** Never rejects: whatever goes wrong ends the exchange. */
  async send(): Promise<void> {
    const exchange = this.#exchange;
    const { upstream, grant } = this.#input;
    try {
      const place = await upstream.reserveStream(grant.mode === 'impersonate' ? 'gateway' : 'person');
      if (exchange.finished) return place?.release();
      if (!place) return new Http1Sender(exchange, this.#input, this.#upstreamHeaders).send();
      this.#open(place);
    } catch (cause) {
      failUnreachable(exchange, this.#input, cause);
    }
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  cancel(): void {
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }

  #open(place: StreamPlace): void {
    const exchange = this.#exchange;
    const stream = place.open(this.#headersForHttp2());
    this.#stream = stream;
    exchange.upstream = this;
    exchange.upstreamRequests++;
    const isWhole = noteEnd(stream);
    let trailers = NONE;
    let failure: unknown;
    stream.on('response', (headers, _flags, raw) => {
      exchange.answer(headers[':status'] ?? 502, undefined, withoutPseudoHeaders(raw));
    });
    stream.on('data', (chunk: Buffer) => exchange.write(chunk));
    stream.on('trailers', (_headers, _flags, raw: readonly string[]) => (trailers = raw));
    stream.on('end', () => {
      if (isWhole()) exchange.end(trailers);
    });
    stream.on('error', (error) => (failure = error));
    stream.on('close', () => {
      if (exchange.finished) return;
      if (this.#mayReplay(stream, place)) return void this.send();
      failUnreachable(exchange, this.#input, failure ?? new Error(`stream closed with code ${stream.rstCode}`));
    });
  }

  /** Once, and only a stream that the server says it has not begun, or whose connection was lost before any byte of an answer. */
  #mayReplay(stream: ClientHttp2Stream, place: StreamPlace): boolean {
    if (this.#exchange.answered || this.#exchange.upstreamRequests !== 1) return false;
    return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (place.reused && !place.usable);
  }

  #headersForHttp2(): string[] {
    const { upstream, decision } = this.#input;
    const flat = [
      ':method',
      decision.request.method,
      ':scheme',
      'https',
      ':authority',
      upstream.hostHeader,
      ':path',
      upstream.basePath + decision.request.target,
    ];
    const sensitive = new Set<string>();
    const from = this.#upstreamHeaders;
    for (let i = 0; i < from.length; i += 2) {
      const name = (from[i] as string).toLowerCase();
      if (name === 'host') continue;
      // Never indexed: a compression table is shared by everybody on the connection (RFC 7541 section 7.1.3).
      if (name === 'authorization' || name === 'cookie' || name.startsWith('impersonate-')) sensitive.add(name);
      flat.push(name, from[i + 1] as string);
    }
    return Object.assign(flat, { [sensitiveHeaders]: [...sensitive] });
  }
}

function withoutPseudoHeaders(raw: readonly string[]): readonly string[] {
  let at = 0;
  while (at < raw.length && (raw[at] as string).startsWith(':')) at += 2;
  return raw.slice(at);
}
