import type { AuditStore } from '#audit';
import type { ObjectStore, ResourceObject } from '#resources';

export interface OwnApiPorts {
  readonly objects: ObjectStore;
  readonly audit: AuditStore;
  /** Makes what is queued visible to a reader of the log. */
  flushAudit(): Promise<void>;
  /** Compiles the would-be set of objects; throws where it does not compile, and then nothing is saved. */
  checkCompiles(objects: readonly ResourceObject<unknown>[]): Promise<void>;
  /** Resolves when the next request is judged by what was just saved. */
  applied(): Promise<void>;
  /** Whether clusters and issuers on the gateway's own machine may be registered by the API. */
  readonly allowLoopback: boolean;
  /** By cluster: how the rights of its credential compare with what is needed, and how it is. */
  clusterReports(): Promise<{
    readonly rights: Readonly<Record<string, object>>;
    readonly health: Readonly<Record<string, object>>;
  }>;
}
