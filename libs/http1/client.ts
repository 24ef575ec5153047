import type { IncomingMessage } from 'node:http';
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

/** What an answer is written to: Node's ServerResponse, or a PlainAnswer. */
export interface ClientAnswer {
  statusCode: number;
  /** Whether a `Date` is added. */
  sendDate: boolean;
  readonly headersSent: boolean;
  /** The client is gone, or was cut. */
  readonly destroyed: boolean;
  readonly socket: Socket | null;
  writeContinue(): void;
  /** @param headers flat, values one character a byte. */
  writeHead(statusCode: number, statusMessage: string | undefined, headers: string[]): unknown;
  flushHeaders(): void;
  /**
   * @param written told, if at all, when the chunk's bytes are needed no more.
   * @returns false where the client does not keep up: `drain` tells when it does.
   */
  write(chunk: Buffer, written?: () => void): boolean;
  /** @param trailers pairs; without effect where the answer is not chunked. */
  addTrailers(trailers: readonly [string, string][]): void;
  end(last?: Buffer, written?: () => void): unknown;
  end(last: string, encoding: 'latin1'): unknown;
  /** `close`: the client is gone, or (not always told) the answer has ended. */
  once(event: 'close' | 'drain', listener: () => void): unknown;
  destroy(): unknown;
}
