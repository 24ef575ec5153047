import { GatheredRequests } from '#advice';
import type { AuditFilter } from '#audit';
import type { Store } from '#store';

const PAGE = 1000;

export interface Gathered {
  readonly gathered: GatheredRequests;
  /** There were more records than were looked at: the newest ones. */
  readonly truncated: boolean;
}

/** Reads the audit log, newest first, and keeps of each kind of request one entry. */
export async function gatherRecords(
  store: Store,
  filter: Omit<AuditFilter, 'limit' | 'continue'>,
  most: number,
): Promise<Gathered> {
  const gathered = new GatheredRequests();
  let next: string | undefined;
  do {
    const page = await store.audit.list({ ...filter, limit: Math.min(PAGE, most - gathered.records), continue: next });
    for (const record of page.items) gathered.add(record);
    next = page.continue;
  } while (next !== undefined && gathered.records < most);
  return { gathered, truncated: next !== undefined };
}
