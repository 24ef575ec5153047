import { describeError } from '#errors';
import { createAuditQueue, type AuditQueue, type AuditStore } from '#audit';
import type { Config } from '#config';
import type { Log } from './log.ts';

/** Records of one transaction. */
const MAX_BATCH = 1000;

/** The queue of this process, on the machine's clock; what it cannot save in the end goes into the log. */
export function openAuditQueue(store: Pick<AuditStore, 'append'>, config: Config['audit'], log: Log): AuditQueue {
  return createAuditQueue(store, {
    maxQueued: config.maxQueuedRecords,
    flushEveryMs: config.flushIntervalMilliseconds,
    maxBatch: MAX_BATCH,
    onError: (error) => log.error('audit records not saved; trying again', { error: describeError(error) }),
    onUnsaved: (records) => records.forEach((record) => log.error('audit record not saved', { record })),
    clock: {
      now: () => Date.now(),
      setTimeout: (act, ms) => setTimeout(act, ms),
      clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
    },
  });
}
