import type { AuditStore } from '#audit';
import { describeError, ERRORS, type ErrorCode } from '#errors';
import type { CountedRefusals } from '#limits';
import type { AuditRecord } from '#model';
import { createAuditDraft } from '#pipeline';
import type { Log } from './log.ts';

export interface CountedRefusalRecorder {
  /** Adds what a worker has counted; entries of one source become one. */
  add(entries: readonly CountedRefusals[]): void;
  /** Writes one record a source. What could not be written stays, and is written with what comes. Never rejects. */
  flush(): Promise<void>;
}

/** Sources that wait to be written; what comes beyond them is added to one entry for all others. */
const MAX_WAITING = 20_000;
const BATCH = 1_000;

/**
 * Refusals that were counted instead of recorded (`#limits`, count-refusals.ts) become one audit record for each
 * source and interval. They go to the store past the queue, so that they take no room there from requests of people.
 */
export function createCountedRefusalRecorder(ports: {
  append: AuditStore['append'];
  newAuditId(nowMs: number): string;
  log: Log;
}): CountedRefusalRecorder {
  let waiting = new Map<string, CountedRefusals>();

  function add(entries: readonly CountedRefusals[]): void {
    for (const entry of entries) {
      const source = waiting.has(entry.source) || waiting.size < MAX_WAITING ? entry.source : '';
      waiting.set(source, merge(waiting.get(source), { ...entry, source }));
    }
  }

  return {
    add,
    async flush() {
      const entries = [...waiting.values()];
      waiting = new Map();
      for (let at = 0; at < entries.length; at += BATCH) {
        const batch = entries.slice(at, at + BATCH);
        try {
          await ports.append(batch.map((entry) => toRecord(entry, ports.newAuditId(entry.lastMs))));
        } catch (error) {
          ports.log.error('counted refusals not saved; trying again', { error: describeError(error) });
          return add(entries.slice(at));
        }
      }
    },
  };
}

function merge(a: CountedRefusals | undefined, b: CountedRefusals): CountedRefusals {
  if (!a) return b;
  const codes = new Map(a.codes);
  for (const [code, count] of b.codes) codes.set(code, (codes.get(code) ?? 0) + count);
  return {
    source: a.source,
    codes,
    count: a.count + b.count,
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
  };
}

function toRecord(entry: CountedRefusals, auditId: string): AuditRecord {
  const codes = [...entry.codes].toSorted(([, a], [, b]) => b - a);
  const [code] = codes[0] as [ErrorCode, number];
  const from = entry.source === '' ? 'from more addresses than are told apart' : `from ${entry.source}`;
  return {
    ...createAuditDraft(auditId, entry.firstMs, 0, '', '', '').toRecord('ResponseComplete', entry.lastMs),
    durationMs: undefined,
    sourceAddress: entry.source,
    decision: 'refused',
    reason: `${entry.count} requests ${from} were refused before anybody was identified`,
    statusCode: ERRORS[code].status,
    annotations: {
      code,
      count: String(entry.count),
      codes: codes.map(([each, count]) => `${each}=${count}`).join(','),
      first: new Date(entry.firstMs).toISOString(),
      last: new Date(entry.lastMs).toISOString(),
    },
  };
}
