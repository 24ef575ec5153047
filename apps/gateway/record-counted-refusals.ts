import type { AuditStore } from '#audit';
import { describeError, ERRORS, type ErrorCode } from '#errors';
import type { CountedRefusals } from '#limits';
import type { AuditRecord } from '#model';
import { createAuditDraft } from '#pipeline';
import { finishWithin } from './close-in-steps.ts';
import type { Log } from './log.ts';

export interface CountedRefusalRecorder {
  /** Adds what a worker has counted; entries of one source become one. */
  add(entries: readonly CountedRefusals[]): void;
  /** Writes one record a source. What could not be written stays, and is written with what comes. Never rejects. */
  flush(): Promise<void>;
  /** Writes what is left; what cannot be written within this time goes into the log. Never rejects. */
  close(withinMs: number): Promise<void>;
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
  /** Those that a write has taken and not yet saved. */
  let writing: readonly CountedRefusals[] = [];

  function add(entries: readonly CountedRefusals[]): void {
    for (const entry of entries) {
      const source = waiting.has(entry.source) || waiting.size < MAX_WAITING ? entry.source : '';
      waiting.set(source, merge(waiting.get(source), { ...entry, source }));
    }
  }

  const recordOf = (entry: CountedRefusals): AuditRecord => toRecord(entry, ports.newAuditId(entry.lastMs));
  let last: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    writing = [...waiting.values()];
    waiting = new Map();
    while (writing.length > 0) {
      try {
        await ports.append(writing.slice(0, BATCH).map(recordOf));
        writing = writing.slice(BATCH);
      } catch (error) {
        ports.log.error('counted refusals not saved; trying again', { error: describeError(error) });
        const unsaved = writing;
        writing = [];
        return add(unsaved);
      }
    }
  }
  const flush = (): Promise<void> => (last = last.then(write));

  return {
    add,
    flush,
    async close(withinMs) {
      await finishWithin(withinMs, 'writing counted refusals', flush).catch(() => {});
      for (const entry of [...writing, ...waiting.values()])
        ports.log.error('audit record not saved', { record: recordOf(entry) });
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
