/**
 * A strict reader of HTTP/1.1 responses, for judging what the gateway sends: it takes only what RFC 9112 lets a server
 * send to a client of HTTP/1.1, and says of all else what is wrong with it.
 */
import { createHash } from 'node:crypto';

export type ResponseState =
  /** All of it is there. */
  | 'complete'
  /** 101: what follows are bytes of a tunnel, and are added to the body. */
  | 'switched'
  /** The connection ended before its end. */
  | 'cut'
  /** Not a byte of it came before the connection ended. */
  | 'none'
  /** It never ended in the time that it had. */
  | 'hang'
  /** No client should have to read this. */
  | 'invalid';

export interface ReadResponse {
  readonly state: ResponseState;
  readonly status: number;
  readonly reason: string;
  /** Flat, as received. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Statuses of the interim responses before it. */
  readonly interim: readonly number[];
  /** What makes it invalid. */
  readonly problem?: string | undefined;
}

export const headerOf = ({ rawHeaders }: Pick<ReadResponse, 'rawHeaders'>, name: string): string | undefined => {
  const at = rawHeaders.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return at < 0 ? undefined : rawHeaders[at + 1];
};

export const digestOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex').slice(0, 16);

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const CHUNK_SIZE = /^[0-9a-f]{1,12}$/i;

/** What the client asked for decides how a response is framed. */
export interface Asked {
  readonly isHead?: boolean;
  readonly upgrades?: boolean;
}

/** Reads the responses of one connection, in the order of its requests. */
export class ResponseReader {
  #held: Buffer = Buffer.alloc(0);
  readonly #asked: Asked[] = [];
  readonly responses: ReadResponse[] = [];
  /** Of the response that has begun; its body grows. */
  #status = 0;
  #reason = '';
  #rawHeaders: string[] = [];
  #interim: number[] = [];
  #body: Buffer[] = [];
  #framing: 'head' | 'sized' | 'chunk' | 'chunkData' | 'chunkEnd' | 'trailers' | 'tunnel' | 'over' = 'head';
  #missing = 0;

  ask(asked: Asked): void {
    this.#asked.push(asked);
  }

  get begun(): boolean {
    return this.#framing !== 'head' || this.#held.length > 0 || this.#interim.length > 0;
  }

  get status(): number {
    return this.#status;
  }

  /** Bytes of the body so far. */
  get bodyBytes(): number {
    return this.#body.reduce((sum, { length }) => sum + length, 0);
  }

  get bodySoFar(): Buffer {
    return Buffer.concat(this.#body);
  }

  push(bytes: Buffer): void {
    if (this.#framing === 'tunnel') return void this.#body.push(bytes);
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    try {
      while (this.#held.length > 0 && this.#step());
    } catch (error) {
      this.#finish('invalid', (error as Error).message);
      this.#framing = 'over';
    }
  }

  /** The connection is over, or (`hang`) nobody waits for it any longer. */
  end(state: 'cut' | 'hang'): void {
    if (this.#framing === 'over') return;
    if (this.#framing === 'tunnel') this.#finish('switched');
    else if (this.#asked.length > this.responses.length)
      this.#finish(state === 'hang' ? 'hang' : this.begun ? 'cut' : 'none');
    this.#framing = 'over';
  }

  #step(): boolean {
    switch (this.#framing) {
      case 'head':
        return this.#readHead();
      case 'sized':
      case 'chunkData':
        return this.#readBody();
      case 'chunk': {
        const line = this.#line();
        if (line === undefined) return false;
        if (!CHUNK_SIZE.test(line)) throw new Error(`a chunk size ${JSON.stringify(line.slice(0, 20))}`);
        this.#missing = Number.parseInt(line, 16);
        this.#framing = this.#missing === 0 ? 'trailers' : 'chunkData';
        return true;
      }
      case 'chunkEnd':
        if (this.#held.length < 2) return false;
        if (this.#take(2).toString('latin1') !== '\r\n') throw new Error('a chunk that is longer than it says');
        this.#framing = 'chunk';
        return true;
      case 'trailers': {
        const line = this.#line();
        if (line === undefined) return false;
        if (line === '') this.#finish('complete');
        else if (!HEADER_LINE.test(line)) throw new Error(`a trailer ${JSON.stringify(line.slice(0, 40))}`);
        return true;
      }
      case 'tunnel':
        this.#body.push(this.#take(this.#held.length));
        return true;
      case 'over':
        return false;
    }
  }

  #readHead(): boolean {
    const asked = this.#asked[this.responses.length];
    if (!asked) throw new Error(`bytes that nobody asked for: ${JSON.stringify(this.#held.toString('latin1', 0, 40))}`);
    const end = this.#held.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const lines = this.#take(end + 4)
      .toString('latin1', 0, end)
      .split('\r\n');
    const status = STATUS_LINE.exec(lines[0]!);
    if (!status) throw new Error(`a status line ${JSON.stringify(lines[0]?.slice(0, 60))}`);
    this.#status = Number(status[1]);
    this.#reason = status[2]!;
    this.#rawHeaders = lines.slice(1).flatMap((line) => {
      const header = HEADER_LINE.exec(line);
      if (!header) throw new Error(`a header line ${JSON.stringify(line.slice(0, 60))}`);
      return [header[1]!, header[2]!];
    });
    if (this.#status < 200 && this.#status !== 101) {
      this.#interim.push(this.#status);
      this.#status = 0;
      return true;
    }
    this.#frame(asked);
    return true;
  }

  /** RFC 9112 section 6.3. A body that ends with the connection is invalid here: a client cannot distinguish it from a cut one. */
  #frame({ isHead = false, upgrades = false }: Asked): void {
    const values = (name: string): string[] =>
      this.#rawHeaders.filter(
        (_value, index) => index % 2 === 1 && this.#rawHeaders[index - 1]!.toLowerCase() === name,
      );
    const lengths = values('content-length');
    const codings = values('transfer-encoding');
    const status = this.#status;
    if (lengths.length + codings.length > 1) throw new Error(`${lengths.length} lengths, ${codings.length} codings`);
    if (lengths.length === 1 && !/^\d{1,19}$/.test(lengths[0]!)) throw new Error(`a length ${lengths[0]}`);
    if (codings.length === 1 && codings[0] !== 'chunked') throw new Error(`a coding ${codings[0]}`);
    if (status === 101) {
      if (!upgrades) throw new Error('a 101 that nobody asked for');
      if (lengths.length + codings.length > 0) throw new Error('a 101 with a length');
      this.#framing = 'tunnel';
    } else if (status === 204 || status === 304) {
      if (lengths.length + codings.length > 0) throw new Error(`a ${status} with a length`);
      this.#finish('complete');
    } else if (isHead) this.#finish('complete');
    else if (codings.length === 1) this.#framing = 'chunk';
    else if (lengths.length === 0) throw new Error(`a ${status} without a length`);
    else {
      this.#missing = Number(lengths[0]);
      this.#framing = 'sized';
      if (this.#missing === 0) this.#finish('complete');
    }
  }

  #readBody(): boolean {
    const part = this.#take(Math.min(this.#missing, this.#held.length));
    this.#body.push(part);
    this.#missing -= part.length;
    if (this.#missing > 0) return false;
    if (this.#framing === 'sized') this.#finish('complete');
    else this.#framing = 'chunkEnd';
    return true;
  }

  #line(): string | undefined {
    const end = this.#held.indexOf('\r\n');
    if (end < 0) {
      if (this.#held.length > 8192) throw new Error('a line without an end');
      return undefined;
    }
    return this.#take(end + 2).toString('latin1', 0, end);
  }

  #take(bytes: number): Buffer {
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  #finish(state: ResponseState, problem?: string): void {
    this.responses.push({
      state,
      status: this.#status,
      reason: this.#reason,
      rawHeaders: this.#rawHeaders,
      body: this.bodySoFar,
      interim: this.#interim,
      problem,
    });
    this.#status = 0;
    this.#reason = '';
    this.#rawHeaders = [];
    this.#interim = [];
    this.#body = [];
    this.#framing = 'head';
  }
}
