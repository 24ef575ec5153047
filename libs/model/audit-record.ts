/**
 * `RequestReceived` and `ResponseStarted` are start records: they have no end (`completedAtMs`), and
 * their row is completed in place. `RequestReceived`: the
 * record was saved before the request was sent upstream or carried out. `ResponseStarted`: any other long-running
 * request that is still open.
 */
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/**
 * What the gateway did with the request. `refused`: before policy (bytes, host, credential, mapping), or for a limit
 * after it; nothing was sent then. `error`: allowed and begun, and it failed.
 */
export type AuditDecision = 'allow' | 'deny' | 'refused' | 'error';

/**
 * One request, flat, as it is stored; `#audit` shapes it as an `audit.k8s.io/v1` Event.
 * Strings come from the network: whoever shows one renders it as text.
 */
export interface AuditRecord {
  /** UUIDv7: the request's id, the upstream's `Audit-ID`, and the row's key. */
  readonly auditId: string;
  readonly stage: AuditStage;
  /** Unix milliseconds. */
  readonly receivedAtMs: number;
  readonly completedAtMs: number | undefined;
  /** Milliseconds with fraction. */
  readonly durationMs: number | undefined;
  readonly sourceAddress: string;
  readonly userAgent: string;
  readonly method: string;
  /** As received, secrets in the query redacted. */
  readonly requestUri: string;
  readonly verb: string;
  readonly cluster: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Person; empty where nobody was identified. */
  readonly username: string;
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly credentialKind: string;
  readonly credentialId: string;
  /** As whom the cluster saw it. */
  readonly mapping: string;
  readonly mappedUser: string;
  readonly mappedGroups: readonly string[];
  readonly decision: AuditDecision;
  readonly rule: string;
  readonly reason: string;
  /** HTTP status answered to the client; 0 where the client left before one was sent. */
  readonly statusCode: number;
  /** Body bytes, from client to upstream and back (tunnel bytes for upgrades). */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Requests sent upstream on behalf of this one: 0, 1, or 2 after a replay. */
  readonly upstreamRequests: number;
  /** Revision of the snapshot that judged it. */
  readonly revision: number;
  /** Machine-readable extras: error code, reported rules. */
  readonly annotations: Readonly<Record<string, string>>;
  /** `<gateway>/<worker>`: the process that served it; '' for acts of `bin/gatehouse`. */
  readonly servedBy: string;
}
