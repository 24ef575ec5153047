import { HEADER_LINES, readHeaderLines, TOKEN } from '../header-lines.ts';

/** Receives one response, in this order: `head` once, `data` as it comes, `end` once where it is whole. */
export interface ResponseSink {
  /** `rawHeaders` flat, as received, values one character a byte, without the blanks around them. Interim responses are skipped. */
  head(statusCode: number, rawHeaders: string[]): void;
  data(chunk: Buffer): void;
  end(rawTrailers: string[]): void;
}

/** As undici and Node's parser would have it; a large response head from an aggregated API is not our refusal. */
const MAX_HEAD_BYTES = 256 * 1024;
/** Digits and extensions of one chunk. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
const MAX_INTERIM_RESPONSES = 16;

/** RFC 9112 section 4. The reason phrase may be any bytes, and is not used. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: .*)?$/;
/** Extensions are tokens or quoted; the blanks around them that RFC 9112 section 7.1.1 lets a recipient take are read in two ways. */
const QUOTED = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"`;
const CHUNK_LINE = new RegExp(`^([0-9a-fA-F]{1,12})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`);
/** Says how a message is cut from its connection; in trailers, or in an interim response, it could be believed by another. */
const CUTS = /\r\n(?:content-length:|transfer-encoding:|connection:[^\r]*close)/i;
const LENGTH = /^[0-9]{1,15}$/;
const END_OF_HEAD = '\r\n\r\n';
const END_OF_LINE = '\r\n';

type State = 'head' | 'sized' | 'untilClose' | 'chunkLine' | 'chunkData' | 'chunkEnd' | 'trailers' | 'whole';

/**
 * Reads the responses of one HTTP/1.1 connection, one after the other. Strict: what two parsers could read in two ways
 * (two lengths, a length beside chunks, a coding that is not `chunked`, a folded line) is a fault of the upstream, never
 * a guess, since a wrong guess gives one user the response to another's request.
 */
export class ResponseReader {
  /** Whether another request may be sent behind this response; known once it is whole. */
  reusable = false;
  /** What the server's `Keep-Alive` says; undefined where it says nothing. */
  keepAliveSeconds: number | undefined;
  /** True while the head is not whole yet. */
  get inHead(): boolean {
    return this.#state === 'head';
  }

  #state: State = 'whole';
  #sink: ResponseSink | undefined;
  #isHead = false;
  #interim = 0;
  /** Bytes that are still missing of a sized body or of a chunk. */
  #missing = 0;
  /** The beginning of a head, of a chunk's line or of trailers whose end has not come yet. */
  #held = '';

  /** @param isHead the request was a HEAD, whose response has no body whatever it says. */
  begin(sink: ResponseSink, isHead: boolean): void {
    this.#sink = sink;
    this.#isHead = isHead;
    this.#state = 'head';
    this.#held = '';
    this.#interim = 0;
    this.reusable = false;
    this.keepAliveSeconds = undefined;
  }

  /** Nothing more goes to the sink. */
  stop(): void {
    this.#sink = undefined;
  }

  /** @returns what is wrong with it, or undefined. Bytes that follow a whole response are wrong too; it has been passed on by then. */
  read(chunk: Buffer): string | undefined {
    let at = 0;
    while (this.#sink && at < chunk.length) {
      if (this.#state === 'whole') return 'bytes that nothing asked for';
      const next = this.#step(chunk, at);
      if (typeof next === 'string') return next;
      at = next;
    }
    return undefined;
  }

  /** The server has ended the connection. @returns whether the response was whole by that. */
  readEnd(): boolean {
    if (this.#state !== 'untilClose') return false;
    this.#finish([]);
    return true;
  }

  #step(chunk: Buffer, at: number): number | string {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk, at);
      case 'sized':
      case 'chunkData':
        return this.#readBody(chunk, at);
      case 'untilClose':
        this.#sink?.data(at === 0 ? chunk : chunk.subarray(at));
        return chunk.length;
      default:
        return this.#readLine(chunk, at);
    }
  }

  #readHead(chunk: Buffer, at: number): number | string {
    const end = this.#held === '' ? chunk.indexOf(END_OF_HEAD, at, 'latin1') : -1;
    if (end >= 0) {
      if (end - at > MAX_HEAD_BYTES) return 'a head that is too large';
      return this.#takeHead(chunk.toString('latin1', at, end), chunk, end + END_OF_HEAD.length);
    }
    const found = this.#hold(chunk, at, END_OF_HEAD, MAX_HEAD_BYTES);
    if (!found) return this.#held.length > MAX_HEAD_BYTES ? 'a head that is too large' : chunk.length;
    return this.#takeHead(found.text, chunk, found.next);
  }

  #takeHead(text: string, chunk: Buffer, next: number): number | string {
    const lineEnd = text.indexOf(END_OF_LINE);
    const lines = lineEnd < 0 ? '' : text.slice(lineEnd);
    const status = STATUS_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (!status || !HEADER_LINES.test(lines)) return 'a head that cannot be read';
    const statusCode = Number(status[2]);
    if (statusCode < 200) {
      if (statusCode === 101) return 'an upgrade that nobody asked for';
      if (CUTS.test(lines)) return 'an interim response with a body or an end';
      return ++this.#interim > MAX_INTERIM_RESPONSES ? 'interim responses without end' : next;
    }
    const rawHeaders: string[] = [];
    const problem = this.#frame(lines, rawHeaders, statusCode, status[1] === '1');
    if (problem) return problem;
    const isWhole = this.#state === 'whole';
    // What follows a whole response is no part of the next one.
    if (isWhole && next < chunk.length) this.reusable = false;
    this.#sink?.head(statusCode, rawHeaders);
    if (isWhole) this.#finish([]);
    return next;
  }

  /** How long the body is (RFC 9112 section 6.3), and whether the connection outlives it. */
  #frame(lines: string, rawHeaders: string[], statusCode: number, isHttp11: boolean): string | undefined {
    let length: string | undefined;
    let coding: string | undefined;
    let keeps = isHttp11;
    readHeaderLines(lines, rawHeaders);
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      if (name.length !== 10 && name.length !== 14 && name.length !== 17) continue;
      const lower = name.toLowerCase();
      const value = rawHeaders[i + 1] as string;
      if (lower === 'content-length') {
        if (length !== undefined) return 'two lengths';
        length = value;
      } else if (lower === 'transfer-encoding') {
        if (coding !== undefined) return 'two transfer codings';
        coding = value.toLowerCase();
      } else if (lower === 'connection') {
        if (/(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value)) keeps = false;
      } else if (lower === 'keep-alive') {
        const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value)?.[1];
        if (seconds !== undefined) this.keepAliveSeconds = Number(seconds);
      }
    }
    if (length !== undefined && coding !== undefined) return 'a length beside a transfer coding';
    if (length !== undefined && !LENGTH.test(length)) return 'a length that is no number';
    if (coding !== undefined && (coding !== 'chunked' || !isHttp11)) return 'a transfer coding that is not chunked';
    this.reusable = keeps;
    const hasNoBody = this.#isHead || statusCode === 204 || statusCode === 304;
    if (hasNoBody || length === '0') this.#state = 'whole';
    else if (coding !== undefined) this.#state = 'chunkLine';
    else if (length !== undefined) {
      this.#missing = Number(length);
      this.#state = this.#missing === 0 ? 'whole' : 'sized';
    } else {
      this.reusable = false;
      this.#state = 'untilClose';
    }
    return undefined;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#missing);
    this.#missing -= end - at;
    const isWhole = this.#missing === 0 && this.#state === 'sized';
    if (isWhole) {
      this.#state = 'whole';
      if (end < chunk.length) this.reusable = false;
    } else if (this.#missing === 0) this.#state = 'chunkEnd';
    this.#sink?.data(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (isWhole) this.#finish([]);
    return end;
  }

  /** A chunk's size, the line break behind its data, or the trailers. */
  #readLine(chunk: Buffer, at: number): number | string {
    const isTrailers = this.#state === 'trailers';
    // Trailers end with an empty line, and are mostly nothing but that; the line break before the first is put in front.
    if (isTrailers && this.#held === '') this.#held = END_OF_LINE;
    const limit = isTrailers ? MAX_HEAD_BYTES : MAX_CHUNK_LINE_BYTES;
    const found = this.#hold(chunk, at, isTrailers ? END_OF_HEAD : END_OF_LINE, limit);
    if (!found) return this.#held.length > limit ? 'a line that is too long' : chunk.length;
    const { text, next } = found;
    if (this.#state === 'chunkEnd') {
      if (text !== '') return 'a chunk that is longer than it says';
      this.#state = 'chunkLine';
    } else if (this.#state === 'chunkLine') {
      const size = CHUNK_LINE.exec(text)?.[1];
      if (size === undefined) return 'a chunk without a size';
      this.#missing = Number.parseInt(size, 16);
      this.#state = this.#missing === 0 ? 'trailers' : 'chunkData';
    } else {
      if (!HEADER_LINES.test(text) || CUTS.test(text)) return 'trailers that cannot be read';
      const rawTrailers: string[] = [];
      readHeaderLines(text, rawTrailers);
      if (next < chunk.length) this.reusable = false;
      this.#finish(rawTrailers);
    }
    return next;
  }

  /** Adds to what is held; once `end` is there, gives what stands before it, and the offset in `chunk` behind it. */
  #hold(chunk: Buffer, at: number, end: string, limit: number): { text: string; next: number } | undefined {
    const before = this.#held.length;
    // No more than can matter: what is longer is refused.
    const added = chunk.toString('latin1', at, Math.min(chunk.length, at + limit + end.length));
    // `end` may have begun in what was held.
    const seam = Math.max(0, before - end.length + 1);
    const found = (this.#held.slice(seam) + added).indexOf(end);
    this.#held += added;
    if (found < 0) return undefined;
    const text = this.#held.slice(0, seam + found);
    this.#held = '';
    return { text, next: at + seam + found + end.length - before };
  }

  #finish(rawTrailers: string[]): void {
    this.#state = 'whole';
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end(rawTrailers);
  }
}
