import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '#errors';
import type { RequestHeaders } from '#kube';
import type { AllowedDecision, Grant } from '#model';

/** Whose credential a connection carries; the two never share one, since a client certificate would win over a bearer. */
export type CredentialUse = 'gateway' | 'person';

/** undici's handler, and room for the pool to note what it was sent on. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  connection?: unknown;
}

/** undici's controller, and of connections that want the bytes of an answer back, to use them again, how to do that. */
export interface LendingController extends Dispatcher.DispatchController {
  giveBack?(chunk: Buffer): void;
}

/** Pooled HTTP/1.1 connections of one cluster and one use. */
export interface PooledConnections {
  /** True where it was given to a connection at once, false where it waits for one. Each call is followed by one `done` or a `cancel` that worked. */
  dispatch(options: Dispatcher.DispatchOptions, handler: PooledHandler): boolean;
  /** The request is over upstream. */
  done(handler: PooledHandler): void;
  /** True where it was still waiting; it will not be sent. */
  cancel(handler: PooledHandler): boolean;
}

/** Room for one stream on a shared HTTP/2 connection; used by `open` or given back by `release`. */
export interface StreamPlace {
  /** True where the connection has carried a stream before. */
  readonly reused: boolean;
  /** False once the connection takes no new streams, or is lost. */
  readonly usable: boolean;
  /** Flat, names in lower case, pseudo headers first; a request without body. */
  open(headers: string[]): ClientHttp2Stream;
  release(): void;
}

/** What forwarding needs of a cluster; `#clusters` provides it. */
export interface Upstream {
  readonly name: string;
  readonly hostHeader: string;
  readonly basePath: string;
  readonly tlsServerName: string | undefined;
  readonly credentialProblem: string | undefined;
  gatewayAuthorization(): string | undefined;
  /**
   * `read` (short, GET and HEAD without a body) and `write` (other short ones) are bounded in number, `long` are not: a
   * stream may hold one for hours.
   */
  connections(use: CredentialUse, kind: 'read' | 'write' | 'long'): PooledConnections;
  /** Undefined where the upstream speaks no HTTP/2; rejects where it cannot be reached. */
  reserveStream(use: CredentialUse): Promise<StreamPlace | undefined>;
  /** Options for a TLS connection of its own (upgrades). */
  connectOptions(use: CredentialUse): ConnectionOptions;
}

export interface ForwardTimeouts {
  /**
   * For requests that are not long-running: until the whole of the client's body, until the first byte of the answer
   * after that, and between two bytes of its body.
   */
  readonly shortRequestSeconds: number;
  readonly connectSeconds: number;
}

/** Everything one forwarding needs; nothing in it can be changed while it runs. */
export interface ForwardInput {
  /** What a body is read from; absent for a plain request, which has none. */
  readonly body: IncomingMessage | undefined;
  readonly decision: AllowedDecision;
  readonly grant: Grant;
  /** The bearer that a ServiceAccountGrant stands for, from this very `upstream`; never logged. Absent for other grants. */
  readonly serviceAccountToken?: string | undefined;
  readonly headers: RequestHeaders;
  readonly upstream: Upstream;
  readonly auditId: string;
  readonly clientAddress: string;
  /** '' for the default cluster's root URLs, else `/clusters/<name>`. */
  readonly clusterPrefix: string;
  readonly timeouts: ForwardTimeouts;
  /** A body that turns out longer is refused with `tooLarge`; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** Values of `Warning` headers that the answer gets. */
  readonly warnings?: readonly string[] | undefined;
}

/** One exchange under way: a request, or an upgrade and its tunnel. */
export interface Forwarding {
  /** Resolves when it is over, whoever ended it. Never rejects. */
  readonly outcome: Promise<ForwardOutcome>;
  /**
   * Ends both sides at once (a revoked credential, a removed cluster, a shutdown): with this refusal where nothing has
   * been answered yet, else by cutting the client's connection. No effect once it is over.
   */
  abort(code: ErrorCode, message?: string): void;
}

/**
 * How it ended. With `refusal` nothing has been answered yet and the caller answers with that code; without it the
 * answer has been sent, or the client's connection was cut (`aborted`) because no honest answer was left to give.
 */
export interface ForwardOutcome {
  /** Status that the client got; 0 where it left before one was sent. */
  readonly statusCode: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly upstreamRequests: number;
  /** Who ended it before its end; `gateway`: `Forwarding.abort`, with `abortCode`. */
  readonly aborted?: 'client' | 'upstream' | 'gateway';
  readonly abortCode?: ErrorCode;
  readonly refusal?: { readonly code: ErrorCode; readonly message?: string };
  /** For the log, never for the client. */
  readonly cause?: unknown;
}
