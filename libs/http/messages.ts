import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** A request without a body that a PlainConnection has read. */
export interface PlainRequest {
  readonly method: 'GET' | 'HEAD';
  /** As received. */
  readonly url: string;
  /** Flat, as received, values without the blanks around them. */
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly complete: true;
}

/** A request as the pipeline takes it: one that Node's parser has read, or a plain one. */
export type ClientRequest = IncomingMessage | PlainRequest;

/** What a response is written to: Node's ServerResponse, or a PlainResponse. */
export interface ClientResponse {
  statusCode: number;
  /** Whether a `Date` is added. */
  sendDate: boolean;
  /** False: the connection is closed behind this response. Without effect once the head is written. */
  shouldKeepAlive: boolean;
  readonly headersSent: boolean;
  /** The client is gone, or was cut. */
  readonly destroyed: boolean;
  /** Null while the response waits behind another one of its connection. */
  readonly socket: Socket | null;
  readonly req?: { readonly socket: Socket };
  writeContinue(): void;
  /**
   * @param reason never an upstream's; see `reasonPhrase`.
   * @param headers flat, values one character a byte.
   * @throws where a header cannot be sent; nothing is written then.
   */
  writeHead(statusCode: number, reason: string, headers: string[]): unknown;
  flushHeaders(): void;
  /**
   * @param written called, if at all, when the chunk's bytes are needed no more.
   * @returns false where the client does not keep up; `drain` is emitted when it does.
   */
  write(chunk: Buffer, written?: () => void): boolean;
  /** @param trailers pairs; without effect where the response is not chunked. */
  addTrailers(trailers: readonly [string, string][]): void;
  end(last?: Buffer, written?: () => void): unknown;
  end(last: string, encoding: 'latin1'): unknown;
  /** `close`: the client is gone, or (not always emitted then) the response has ended. */
  once(event: 'close' | 'drain', listener: () => void): unknown;
  destroy(): unknown;
}

const EMPTY = Buffer.alloc(0);

/**
 * Sends the head at once. Node's own `flushHeaders` writes it as UTF-8, which changes the bytes of values above 0x7f;
 * with a buffer behind it, it is written as it is, one byte a character.
 */
export function sendHead(response: ClientResponse): void {
  if (response instanceof ServerResponse) response.write(EMPTY);
  else response.flushHeaders();
}

/** The standard text of a status code (RFC 9110 section 15); recipients ignore it. */
export const reasonPhrase = (statusCode: number): string => STATUS_CODES[statusCode] ?? 'Unknown';
