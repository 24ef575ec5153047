/** Rules that are right whatever an upstream sends: for what the client sees, for the audit log, and for the gateway's own. */
import { STATUS_CODES } from 'node:http';
import { namesMarkedIn, type FuzzCase } from './fuzz-cases.ts';
import { headerOf, type ReadResponse } from './read-responses.ts';

export interface FuzzRow {
  readonly request_uri: string;
  readonly stage: string;
  readonly status_code: number;
  readonly annotations: string;
}

/** Lines of the gateway's own log that odd upstreams may cause. */
const EXPECTED_LOG = new Set(['forward failed', 'the rights of a cluster’s credential are not known', 'shutting down']);
const STREAMS = new Set(['watch', 'proxy', 'websocket', 'SPDY/3.1']);

export const describeCase = ({ name, asking, what, ending, client }: FuzzCase): string =>
  `${name} ${asking}, ${what}, then ${ending}; client ${client}`;

/**
 * @param isLate The request's deadline may have passed: on a busy machine a whole response can be cut by it.
 * @returns `disturbed`: a whole response became a 5xx because an odd one ended its connection, or its deadline passed.
 */
export function judgeFuzzed(
  fuzzCase: FuzzCase,
  seen: ReadResponse,
  isLate: boolean,
): { problems: string[]; disturbed: boolean } {
  const { state, status, reason } = seen;
  const { kind, client, name, asking } = fuzzCase;
  const problems: string[] = [];
  const body = seen.body.toString('latin1');
  const text = body + seen.rawHeaders.join('\n');
  if (text.includes('STRAY')) problems.push('bytes that nobody asked for');
  if (namesMarkedIn(text).some((other) => other !== name)) problems.push('bytes of another exchange');
  if (status !== 0 && reason !== (STATUS_CODES[status] ?? 'Unknown'))
    problems.push(`the reason ${JSON.stringify(reason)}`);
  // What stands behind its request gets a response of its own, or none.
  const isMixed = client === 'garbage behind' || client === 'ends its side';
  if (state === 'invalid' && !isMixed) problems.push(`no valid response: ${seen.problem}`);
  if (client.startsWith('reset')) return { problems, disturbed: false };
  if (state === 'hang' && !STREAMS.has(asking)) problems.push('no end');
  // Every response of these upstreams is of another type, or of none.
  const isOwn = status >= 400 && headerOf(seen, 'content-type') === 'application/json';
  if (kind === 'cut' && state === 'complete' && !isOwn)
    problems.push('a response that looks whole, and was broken off');
  if (kind !== 'whole' || isMixed) return { problems, disturbed: false };
  if (isOwn) return { problems, disturbed: true };
  // Bytes behind it may be found out before the last of it has gone on.
  const isBroken = state === 'cut' || state === 'none';
  if (isBroken && (isLate || fuzzCase.what.includes('bytes behind it'))) return { problems, disturbed: true };
  if (isBroken || state === 'hang') problems.push('a whole response that did not arrive');
  else if (status !== fuzzCase.status || body !== fuzzCase.body)
    problems.push(`not the upstream's response (${body.length} of ${fuzzCase.body.length} bytes)`);
  return { problems, disturbed: false };
}

export function judgeFuzzLog(log: string): string[] {
  return log.split('\n').flatMap((line) => {
    if (line === '') return [];
    const message = line.startsWith('{') ? (JSON.parse(line) as { message: string }).message : line;
    return EXPECTED_LOG.has(message) ? [] : [`logs: ${line.slice(0, 400)}`];
  });
}

/** One record for each request that was read; one whose client left at once may never have been. */
export function judgeFuzzRecords(
  rows: readonly FuzzRow[],
  sent: ReadonlyMap<string, ReadResponse>,
  caseOf: (target: string) => FuzzCase,
): string[] {
  const byTarget = Map.groupBy(rows, ({ request_uri }) => request_uri);
  return [...sent.entries()].flatMap(([target, seen]) => {
    const fuzzCase = caseOf(target);
    const problem = judgeOne(fuzzCase, seen, byTarget.get(target) ?? []);
    return problem ? [`${problem} (the client saw ${seen.state} ${seen.status}): ${describeCase(fuzzCase)}`] : [];
  });
}

function judgeOne({ client }: FuzzCase, { state, status }: ReadResponse, rows: readonly FuzzRow[]): string | undefined {
  const [row] = rows;
  if (rows.length > 1) return `${rows.length} audit records`;
  if (!row) return client.startsWith('reset') ? undefined : 'no audit record';
  if (row.stage !== 'ResponseComplete') return `an audit record that stays at ${row.stage}`;
  if (client !== 'stays' && client !== 'slow') return undefined;
  if (state === 'complete' && row.status_code !== status) return `an audit record of ${row.status_code}`;
  if (state === 'cut' && !row.annotations.includes('"aborted"'))
    return `a cut that no record says (${row.annotations})`;
  return undefined;
}
