import type { AuditRecord } from '#model';

/** All given conditions must hold; text is compared exactly. */
export interface AuditFilter {
  readonly user?: string | undefined;
  readonly issuer?: string | undefined;
  readonly verb?: string | undefined;
  readonly namespace?: string | undefined;
  readonly resource?: string | undefined;
  readonly cluster?: string | undefined;
  readonly decision?: string | undefined;
  /** Received at or after; Unix milliseconds. */
  readonly since?: number | undefined;
  /** Received before; Unix milliseconds. */
  readonly until?: number | undefined;
  /** At most this many records a page; 1 or more. */
  readonly limit: number;
  /** `continue` of the page before. */
  readonly continue?: string | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly items: AuditRecord[];
  /** Set where more follow. */
  readonly continue?: string;
}

/** Where records are kept. */
export interface AuditStore {
  /**
   * Saves records in one transaction, durable when resolved. A record of a known `auditId` completes its row in place;
   * a `ResponseStarted` never overwrites a completed row, so that a retried batch cannot undo one.
   * @throws GatehouseError storeUnavailable; then none of the batch is promised, and the same batch may be sent again.
   */
  append(records: readonly AuditRecord[]): Promise<void>;
  /** @throws GatehouseError storeUnavailable, invalid (a `continue` that is none of ours). */
  list(filter: AuditFilter): Promise<AuditPage>;
  get(auditId: string): Promise<AuditRecord | undefined>;
}
