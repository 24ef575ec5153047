import { describeError } from '#errors';
import { createAuditQueue, watchStore, type AuditQueue, type AuditStore } from '#audit';
import type { Config } from '#config';
import type { Log } from './log.ts';

/** Records of one transaction. */
const MAX_BATCH = 1000;

export interface AuditLog extends AuditQueue {
  /** Resolves when it is known whether the log can be written, or after `withinMs`. */
  probed(withinMs: number): Promise<void>;
  /** For `/-/readyz`; see StoreWatch. */
  ready(): boolean;
}

/** The audit log of this process, on the machine's clock; what it cannot save in the end goes into the gateway's own. */
export function openAuditLog(store: Pick<AuditStore, 'append' | 'probe'>, config: Config['audit'], log: Log): AuditLog {
  const clock = {
    now: () => Date.now(),
    setTimeout: (act: () => void, ms: number) => setTimeout(act, ms),
    clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
  };
  const maxUnsavedAgeMs = config.maxUnsavedAgeSeconds * 1000;
  const queue = createAuditQueue(store, {
    maxQueued: config.maxQueuedRecords,
    flushEveryMs: config.flushIntervalMilliseconds,
    maxBatch: MAX_BATCH,
    writeWaitMs: config.writeWaitSeconds * 1000,
    maxUnsavedAgeMs,
    onError: (error) => log.error('audit records not saved; trying again', { error: describeError(error) }),
    onUnsaved: (records) => records.forEach((record) => log.error('audit record not saved', { record })),
    clock,
  });
  const watch = watchStore({
    probe: () => store.probe(Date.now()),
    probeEveryMs: config.probeIntervalMilliseconds,
    failAfterMs: config.readinessFailAfterSeconds * 1000,
    recoverAfterMs: config.readinessRecoverAfterSeconds * 1000,
    lastSavedAtMs: queue.lastSavedAtMs,
    unsavedAgeMs: queue.unsavedAgeMs,
    onError: (error) => log.error('the audit log cannot be written; trying again', { error: describeError(error) }),
    clock,
  });
  return {
    ...queue,
    // Where nobody has sent anything yet, the probe knows.
    healthy: () => queue.healthy() && watch.stalledMs() < maxUnsavedAgeMs,
    stats: () => ({ ...queue.stats(), waitingMs: watch.stalledMs() }),
    ready: watch.ready,
    async probed(withinMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
      await Promise.race([watch.firstProbe, late]);
      clearTimeout(timer);
    },
    async close(withinMs) {
      watch.stop();
      await queue.close(withinMs);
    },
  };
}
