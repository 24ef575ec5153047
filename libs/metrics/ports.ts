import type { ErrorCode } from '#errors';
import type { RequestInfo } from '#model';

/** A request that is over, as far as it got. */
export interface EndedRequest {
  readonly request: RequestInfo | undefined;
  /** As asked for; it may not exist. */
  readonly cluster: string;
  /** True where policy allowed it, so that the cluster does exist. */
  readonly allowed: boolean;
  /** 0 where the client left before an answer. */
  readonly statusCode: number;
  readonly refusal: ErrorCode | undefined;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Told of every request; must cost next to nothing. */
export interface RequestObserver {
  requestEnded(request: EndedRequest): void;
  /** A long-running request goes upstream; followed by one `streamClosed`. */
  streamOpened(request: RequestInfo): void;
  streamClosed(request: RequestInfo): void;
}
