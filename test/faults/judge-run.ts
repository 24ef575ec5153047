/** What a client may see of an exchange in which something threw, and what the audit log must hold of it. */
import { headerOf } from './read-responses.ts';
import type { Exchanged } from './scenario-parts.ts';
import type { AuditRow } from './fault-world.ts';

/** The run's name stands in bodies; it is of one length in all runs. */
const normal = (body: Buffer): string => body.toString('latin1').replaceAll(/r\d{6}\.\d+/g, 'RUN');

export function isSame({ seen }: Exchanged, { seen: right }: Exchanged): boolean {
  if (seen.state !== right.state || seen.status !== right.status) return false;
  // How much of it comes before it is cut is a matter of time.
  return seen.state === 'cut' || normal(seen.body) === normal(right.body);
}

/** @returns what is wrong with it: it must be right, a 5xx of the gateway, or cut behind a right beginning. */
export function judgeSeen(exchanged: Exchanged, right: Exchanged): string | undefined {
  const { seen } = exchanged;
  if (exchanged.left || isSame(exchanged, right)) return undefined;
  const body = normal(seen.body);
  const rightBody = normal(right.seen.body);
  const begins = rightBody.startsWith(body) || (right.seen.state !== 'complete' && body.startsWith(rightBody));
  const bytes = `${seen.status}, ${body.length} of ${rightBody.length} bytes`;
  switch (seen.state) {
    case 'none':
      return undefined;
    case 'hang':
      return `the client waits for ever (${bytes})`;
    case 'invalid':
      return `the client gets ${seen.problem}`;
    case 'complete':
      if (seen.status >= 500 && headerOf(seen, 'content-type') === 'application/json') return undefined;
      return `a response that looks whole and is not the right one (${bytes}, state ${right.seen.state} without the fault)`;
    default:
      // An interim response may have come before it was cut.
      if (seen.status === 0 || seen.status >= 500 || (seen.status === right.seen.status && begins)) return undefined;
      return `other bytes than the upstream's (${bytes})`;
  }
}

/**
 * @param mayBeUnread the fault was where a connection or the head of a request is read: of a connection that was cut
 * before it was a request there is no record.
 */
export function judgeRecord(
  exchanged: Exchanged,
  right: Exchanged,
  rows: readonly AuditRow[],
  mayBeUnread: boolean,
): string | undefined {
  const { uri, seen } = exchanged;
  if (uri === undefined) return undefined;
  const own = rows.filter(({ request_uri }) => request_uri === uri);
  const [row] = own;
  if (!row) return mayBeUnread && seen.state === 'none' ? undefined : `no audit record (the client saw ${seen.state})`;
  if (own.length > 1) return `${own.length} audit records`;
  if (row.stage !== 'ResponseComplete') return `an audit record that stays at ${row.stage}`;
  if (exchanged.left || isSame(exchanged, right)) return undefined;
  if (seen.state === 'complete' && row.status_code !== seen.status)
    return `an audit record with ${row.status_code}, where the client saw ${seen.status}`;
  if (seen.state !== 'complete' && row.status_code < 500 && !row.annotations.includes('"aborted"'))
    return `an audit record that says nothing of the end (${row.status_code} ${row.annotations})`;
  return undefined;
}
