import type { AuditRecord } from '#model';
import { createAuditQueue, type AuditQueueOptions } from '../audit-queue.ts';
import { createManualClock } from './manual-clock.ts';

export const record = (auditId: string, changes: Partial<AuditRecord> = {}): AuditRecord =>
  ({
    auditId,
    stage: 'ResponseComplete',
    decision: 'allow',
    upstreamRequests: 1,
    annotations: {},
    ...changes,
  }) as AuditRecord;
export const refused = (auditId: string, code: string): AuditRecord =>
  record(auditId, { decision: 'refused', upstreamRequests: 0, annotations: { code } });

/** A store that keeps what it is given, and fails or waits on demand. */
function createStore() {
  const batches: string[][] = [];
  const records: AuditRecord[] = [];
  let held: (() => void)[] = [];
  return {
    batches,
    records,
    failing: false,
    holding: false,
    calls: 0,
    async append(batch: readonly AuditRecord[]) {
      this.calls += 1;
      if (this.holding) await new Promise<void>((resolve) => held.push(resolve));
      if (this.failing) throw new Error('disk full');
      batches.push(batch.map((entry) => entry.auditId));
      records.push(...batch);
    },
    release() {
      held.splice(0).forEach((resolve) => resolve());
      held = [];
    },
    ids: () => batches.flat(),
  };
}

/** A queue on a store and a clock that do what the test says. */
export function setUp(changes: Partial<AuditQueueOptions> = {}) {
  const store = createStore();
  const clock = createManualClock();
  const errors: unknown[] = [];
  const unsaved: AuditRecord[] = [];
  const queue = createAuditQueue(store, {
    maxQueued: 100,
    flushEveryMs: 20,
    maxBatch: 10,
    writeWaitMs: 2_000,
    maxUnsavedAgeMs: 5_000,
    onError: (error) => errors.push(error),
    clock,
    onUnsaved: (records) => unsaved.push(...records),
    ...changes,
  });
  return { store, clock, queue, errors, unsaved };
}
