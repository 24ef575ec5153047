import type { AuditRecord } from '#model';

/**
 * Keeps an outage from filling the memory: while the queue is full, refusals that sent nothing upstream become one
 * counted record for each code (security.md I6). What did reach a cluster is never folded: `add` then answers false.
 */
export interface Overflow {
  add(record: AuditRecord): boolean;
  /** The counted records, and starts anew. */
  take(): AuditRecord[];
  /** How many records `take` would give. */
  count(): number;
  /** Refusals folded since the beginning. */
  counted(): number;
}

export function createOverflow(): Overflow {
  let folded = new Map<string, { first: AuditRecord; times: number }>();
  let counted = 0;
  return {
    add(record) {
      // Only what was refused before or by policy: an error may have a row that was begun and must be completed.
      if (record.decision !== 'refused' && record.decision !== 'deny') return false;
      const key = `${record.decision} ${record.annotations.code ?? ''}`;
      const entry = folded.get(key);
      if (entry) entry.times += 1;
      else folded.set(key, { first: record, times: 1 });
      counted += 1;
      return true;
    },
    take() {
      const records = [...folded.values()].map(({ first, times }): AuditRecord =>
        times === 1 ? first : { ...first, annotations: { ...first.annotations, count: String(times) } },
      );
      folded = new Map();
      return records;
    },
    count: () => folded.size,
    counted: () => counted,
  };
}
