import type { AuditRecord } from '#model';

/** Time as an argument; `systemClock` shape of Node fits. */
export interface AuditClock {
  now(): number;
  setTimeout(act: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

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

/** What one access rule did in a time. */
export interface RuleUse {
  readonly rule: string;
  /** Requests that it decided. */
  readonly decided: number;
  /** Requests that it would have decided, were it not in mode Report. */
  readonly reported: number;
  /** Unix milliseconds. */
  readonly lastAtMs: number;
}

export interface UseOfRules {
  /** Rules that decided, or were reported for, any request; sorted by name. */
  readonly rules: readonly RuleUse[];
  /** When the oldest record of the whole log was received; undefined where there is none. Unix milliseconds. */
  readonly oldestAtMs: number | undefined;
}

/** Where records are kept. */
export interface AuditStore {
  /**
   * Saves records in one transaction, durable when resolved. A record of a known `auditId` completes its row in place;
   * a start record never overwrites a row, so that a retried batch cannot undo a completed one.
   * @throws GatehouseError storeUnavailable; then none of the batch is promised, and the same batch may be sent again.
   */
  append(records: readonly AuditRecord[]): Promise<void>;
  /**
   * Writes to the same database and resolves when that is durable, without leaving a row.
   * @throws GatehouseError storeUnavailable.
   */
  probe(nowMs: number): Promise<void>;
  /** @throws GatehouseError storeUnavailable, invalid (a `continue` that is none of ours). */
  list(filter: AuditFilter): Promise<AuditPage>;
  get(auditId: string): Promise<AuditRecord | undefined>;
  /** What rules did in requests received at or after `since`; Unix milliseconds. @throws GatehouseError storeUnavailable. */
  useOfRules(since: number): Promise<UseOfRules>;
  /**
   * Completes, as `Panic`, what the lost workers of `gateway` have left open, and what gateways have that run no more.
   * A record that arrives late still completes its row. Answers how many workers had left something open.
   */
  completeAbandoned(gateway: string, lostWorkers: readonly number[], nowMs: number): Promise<number>;
}
