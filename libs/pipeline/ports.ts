import type { AuditQueue } from '#audit';
import type { ForwardTimeouts } from '#forward';
import type { AuthenticationPorts } from '#identity';
import type { Limits, RefusalCounter } from '#limits';
import type { MappingPorts } from '#mapping';
import type { RequestObserver } from '#metrics';
import type { Grant, Identity, RequestInfo, ServiceAccountGrant } from '#model';
import type { RequestSet } from '#policy';
import type { ErrorCode } from '#errors';
import type { AddressReader } from './client-address.ts';
import type { OpenStreams } from './open-streams.ts';
import type { ClusterUpstream, Snapshot } from './snapshot.ts';

/** The virtual cluster that holds the gateway's own objects. No wildcard ever matches it. */
export const GATEWAY_CLUSTER = 'gatehouse';

export interface OwnApiRequest {
  readonly info: RequestInfo;
  readonly identity: Identity;
  /** The body, as it comes. @throws GatehouseError requestTimeout, tooLarge (more than `maxBytes`, or than the gateway takes). */
  body(maxBytes: number): AsyncIterable<Buffer>;
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly auditId: string;
  /** The true client address. */
  readonly sourceAddress: string;
}

export interface OwnApiAnswer {
  readonly statusCode: number;
  readonly contentType: string;
  readonly body: string;
  /** What changed, for the audit record. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** For the person, beside an answer that is good; kubectl prints them. */
  readonly warnings?: readonly string[];
}

/** Serves an allowed request for the gateway's own objects. Throws GatehouseError for what it refuses. */
export interface OwnApi {
  handle(request: OwnApiRequest): Promise<OwnApiAnswer>;
}

export type BearerResult =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Bearers of service accounts, asked for with the gateway's own credential of that very connection. */
export interface ServiceAccountBearers {
  get(upstream: ClusterUpstream, grant: ServiceAccountGrant, auditId: string): BearerResult | Promise<BearerResult>;
  /** The cluster answered this bearer with 401. */
  forget(upstream: ClusterUpstream, grant: ServiceAccountGrant, token: string): void;
}

/** Whether the API server itself accepts the credential of a request that got a 401. */
export interface CredentialChecker {
  /**
   * @param token the person's bearer; undefined where the gateway's own credential was sent.
   * @throws where the API server could not be asked.
   */
  check(upstream: ClusterUpstream, token: string | undefined, auditId: string): Promise<'accepted' | 'rejected'>;
}

/** The cluster's own word on who may act as whom, asked with the gateway's credential. */
export interface ConsentAsker {
  ask(
    upstream: ClusterUpstream,
    own: Grant,
    asked: readonly RequestInfo[],
    auditId: string,
  ): ConsentResult | Promise<ConsentResult>;
}

export type ConsentResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export interface PipelineSettings {
  /** `https://host[:port]`, from `externalUrl`; what an exact `Origin` is compared with. */
  readonly externalOrigin: string;
  readonly isKnownHost: (host: string | undefined) => boolean;
  readonly addresses: AddressReader;
  readonly timeouts: ForwardTimeouts;
  /** Of a request body, whatever it is sent to; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** `<gateway>/<worker>`, for the audit record. */
  readonly servedBy: string;
  /** Requests whose record is saved before they are sent or carried out. */
  readonly recordFirst: RequestSet;
}

export interface PipelinePorts {
  snapshot(): Snapshot;
  readonly audit: Pick<AuditQueue, 'record' | 'recordDurably' | 'healthy'>;
  readonly identity: AuthenticationPorts;
  readonly mapping: MappingPorts;
  /** Told of each identified person; must cost next to nothing. */
  seen(identity: Identity): void;
  /** Told of each request that a stored token speaks for; must cost next to nothing. */
  storedTokenUsed(id: string): void;
  readonly serviceAccounts: ServiceAccountBearers;
  readonly consents: ConsentAsker;
  readonly credentials: CredentialChecker;
  /** What is open for long, judged again whenever something has changed. */
  readonly streams: Pick<OpenStreams, 'add' | 'epoch'>;
  readonly limits: Pick<Limits, 'takeStream' | 'takeRequest'>;
  /** Whether a request that was refused before anybody was identified is recorded, or only counted. */
  readonly refusals: Pick<RefusalCounter, 'admit'>;
  readonly observer: RequestObserver;
  readonly ownApi: OwnApi;
  /** True once shutdown has begun. */
  draining(): boolean;
  now(): number;
  newAuditId(nowMs: number): string;
  /** The gateway's own log. Never given a secret. */
  readonly log: {
    error(message: string, fields: Record<string, unknown>): void;
    warn(message: string, fields: Record<string, unknown>): void;
  };
}
