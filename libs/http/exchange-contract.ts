import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '#errors';

/** What an exchange is given, and how it says that it ended. */

/** One request as it goes upstream; nothing in it changes while it runs. */
export interface UpstreamRequest {
  /** How messages name the upstream, such as `cluster "demo"`. */
  readonly upstream: string;
  readonly method: string;
  /** The target as it is sent, base path included. */
  readonly path: string;
  /** Flat, in the order in which they are sent, `Host` included; values one character a byte. */
  readonly headers: readonly string[];
  /** What a body is read from; undefined for a request without one. */
  readonly body: IncomingMessage | undefined;
  /** A body that turns out longer is refused with `tooLarge`; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /**
   * `short`: bounded in time. `long`: may run for hours, on a connection of its own. `shared`: the same, without a body,
   * as one of many streams of an HTTP/2 connection.
   */
  readonly kind: 'short' | 'long' | 'shared';
  readonly times: ExchangeTimes;
  /**
   * Names whoever is to share connections fairly with others: requests with the same key share what one gets. Opaque
   * here; empty for none.
   */
  readonly flow: string;
}

export interface ExchangeTimes {
  /** Of a short request: for the whole of its body, for the response's head after that, and between two bytes of its body. */
  readonly shortRequestMs: number;
  /** A client that reads nothing of a short response for this long is cut, so that its connection serves others. */
  readonly stalledReaderMs: number;
  /** As `stalledReaderMs`, for what a stream that has ended still has to deliver. */
  readonly stalledStreamMs: number;
}

/** What the caller makes of an upstream's response. Plain functions; may throw, which ends the exchange. */
export interface ResponseRules {
  /** The headers that the client gets, flat; or the refusal with which the exchange ends instead. */
  head(statusCode: number, rawHeaders: readonly string[]): string[] | Refusal;
  /** The trailers that the client gets, as pairs. */
  trailers(rawTrailers: readonly string[]): [string, string][];
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message?: string;
}

/** One exchange under way: a request, or an upgrade and its tunnel. */
export interface RunningExchange {
  /** Resolves when it is over, whoever ended it. Never rejects. */
  readonly outcome: Promise<ExchangeOutcome>;
  /**
   * Ends both sides at once (a revoked credential, a removed cluster, a shutdown): with this refusal where no response
   * has been sent yet, otherwise by cutting the client's connection. No effect once it is over.
   */
  abort(code: ErrorCode, message?: string): void;
}

/**
 * How it ended. With `refusal` no response has been sent and the caller responds with that code; without it the
 * response has been sent, or the client's connection was cut (`aborted`) because no honest response was left to give.
 */
export interface ExchangeOutcome {
  /** Status that the client got; 0 where it left before one was sent. */
  readonly statusCode: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly upstreamRequests: number;
  /** Who ended it before its end; `gateway`: `abort`, or an error of our own, with `abortCode`. */
  readonly aborted?: 'client' | 'upstream' | 'gateway';
  readonly abortCode?: ErrorCode;
  readonly refusal?: Refusal;
  /** For the log, never for the client. */
  readonly cause?: unknown;
}
