/**
 * Audit wraps every request: what one record says, how it becomes an `audit.k8s.io/v1` Event, what of a request URI
 * may be kept, and how records reach the store. The guarantee lives here and nowhere else: a record is durable when
 * `recordDurably` resolves, nothing recorded is thrown away while the store is down, and `healthy()` says when the
 * gateway must stop taking requests because it could not write down what it does. A store that hangs counts as one that
 * fails: what is judged is for how long nothing could be saved.
 */
export { createAuditQueue } from './audit-queue.ts';
export type { AuditQueue, AuditQueueOptions, AuditQueueStats } from './audit-queue.ts';
export { watchStore } from './watch-store.ts';
export type { StoreWatch, StoreWatchOptions } from './watch-store.ts';
export { redactRequestUri } from './redact-request-uri.ts';
export { toAuditEvent } from './to-audit-event.ts';
export type { AuditEvent } from './to-audit-event.ts';
export type { AuditClock, AuditFilter, AuditPage, AuditStore, RuleUse, UseOfRules } from './ports.ts';
