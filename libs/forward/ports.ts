import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '#errors';
import type { RequestHeaders } from '#kube';
import type { AllowedDecision, Grant } from '#model';

/** What forwarding needs of a cluster; `#clusters` provides it. */
export interface Upstream {
  readonly name: string;
  readonly hostHeader: string;
  readonly basePath: string;
  readonly tlsServerName: string | undefined;
  readonly credentialProblem: string | undefined;
  gatewayAuthorization(): string | undefined;
  dispatcher(use: 'gateway' | 'person'): Dispatcher;
  connectOptions(use: 'gateway' | 'person'): {
    readonly host: string;
    readonly port: number;
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    readonly servername: string | undefined;
  };
}

export interface ForwardTimeouts {
  /** For requests that are not long-running: until the first byte, and between two bytes of the body. */
  readonly shortRequestSeconds: number;
  readonly connectSeconds: number;
}

/** Everything one forwarding needs; nothing in it can be changed while it runs. */
export interface ForwardInput {
  readonly request: IncomingMessage;
  readonly decision: AllowedDecision;
  readonly grant: Grant;
  readonly headers: RequestHeaders;
  readonly upstream: Upstream;
  readonly auditId: string;
  readonly clientAddress: string;
  /** '' for the default cluster's root URLs, else `/clusters/<name>`. */
  readonly clusterPrefix: string;
  readonly timeouts: ForwardTimeouts;
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
  readonly aborted?: 'client' | 'upstream';
  readonly refusal?: { readonly code: ErrorCode; readonly message?: string };
  /** For the log, never for the client. */
  readonly cause?: unknown;
}
