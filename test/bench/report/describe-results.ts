import { AUDIT_STORES } from '../audit-stores.ts';
import { rounded } from '../print-table.ts';
import type { Results } from '../results.ts';
import { drawBars } from './draw-bars.ts';
import { isMet, TARGETS, type Target } from './targets.ts';

/** The part of docs/performance.md that a run wrote, as Markdown. */
export function describeResults(results: Results | undefined): string {
  if (!results) return 'There is no run yet: `npm run bench` writes one.';
  const blocks = [
    `Run of ${results.date} on ${results.machine}. All numbers of all proxies are of this one run.`,
    ...(results.void ?? []).map((reason) => `**Does not count**: ${reason}.`),
    targetsTable(results),
    missed(results),
    '![CPU of a short request](performance/short-requests.svg)',
    shortTable(results),
    streamsTable(results),
    watchLine(results),
    growthTable(results),
    workersTable(results),
    auditTable(results),
    profileTable(results),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** Of a run's short requests; undefined where it has none. */
export function chartOf({ shortRequests }: Results): string | undefined {
  if (!shortRequests || shortRequests.length === 0) return undefined;
  return drawBars(
    'CPU of a short request, µs (shorter is better)',
    shortRequests.map(({ name, cpuMicrosPerRequest, requestsPerSecond }) => ({
      name,
      value: cpuMicrosPerRequest,
      note: `${rounded(cpuMicrosPerRequest)} µs, ${Math.round(requestsPerSecond)} requests/s`,
      ours: name.startsWith('gatehouse'),
    })),
  );
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  rows.length === 0 ? '' : [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const limitOf = ({ better, limit, unit }: Target): string => `${better === 'below' ? '≤' : '≥'} ${limit}${unit}`;

function targetsTable(results: Results): string {
  return table(
    ['target', '', 'limit', 'measured', ''],
    TARGETS.map((target) => {
      const value = target.valueOf(results);
      const verdict = value === undefined ? 'not measured' : isMet(target, value) ? 'met' : '**missed**';
      return [
        target.name,
        target.kind,
        limitOf(target),
        value === undefined ? '' : `${rounded(value)}${target.unit}`,
        verdict,
      ];
    }),
  );
}

function missed(results: Results): string {
  const lines = TARGETS.flatMap((target) => {
    const value = target.valueOf(results);
    if (value !== undefined && isMet(target, value)) return [];
    const measured = value === undefined ? 'not measured' : `${rounded(value)}${target.unit}`;
    return [`- ${target.name} (${target.kind}): ${measured} instead of ${limitOf(target)}`];
  });
  return lines.length === 0 ? 'No target is missed.' : `Missed in this run:\n\n${lines.join('\n')}`;
}

function shortTable({ shortRequests = [], ratios }: Results): string {
  return table(
    ['proxy', 'CPU µs a request', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MiB', 'gatehouse ÷ it'],
    shortRequests.map((row) => [
      row.name,
      rounded(row.cpuMicrosPerRequest),
      Math.round(row.requestsPerSecond),
      rounded(row.p50Ms),
      rounded(row.p99Ms),
      Math.round(row.rssMiB),
      ratios?.cpu?.[row.name]?.toFixed(2) ?? '',
    ]),
  );
}

function streamsTable({ streamCpuMsPerMib = {} }: Results): string {
  return table(
    ['stream, CPU ms a MiB', 'gatehouse', 'kubectl proxy'],
    Object.entries(streamCpuMsPerMib).map(([stream, cost]) => [
      stream,
      rounded(cost.gatehouse ?? 0),
      rounded(cost['kubectl-proxy'] ?? 0),
    ]),
  );
}

function watchLine({ watch }: Results): string {
  if (watch?.kibPerWatch === undefined) return '';
  return `${watch.count} idle watches, each on its own TLS connection: ${rounded(watch.kibPerWatch)} KiB each (${rounded(watch.kibPerWatch2000 ?? 0)} at 2,000); one event reached the last of them after ${Math.round(watch.lastEventMs ?? 0)} ms, ${watch.lost} were lost.`;
}

function growthTable({ growth }: Results): string {
  return table(
    ['access rules', 'mappings', 'decisions/s', 'bytes a rule'],
    (growth?.policy ?? []).map((row) => [row.rules, row.mappings, row.decisionsPerSecond, row.bytesPerRule]),
  );
}

function workersTable({ workers = {} }: Results): string {
  return table(
    ['workers', 'requests/s', 'CPU µs a request', 'RSS MiB'],
    Object.entries(workers).map(([count, row]) => [
      count,
      Math.round(row.requestsPerSecond),
      rounded(row.cpuMicrosPerRequest),
      Math.round(row.rssMiB),
    ]),
  );
}

function auditTable({ audit = {} }: Results): string {
  return table(
    ['audit record, CPU µs', 'where requests are served', 'other threads'],
    Object.entries(audit).map(([store, { caller, others }]) => [
      AUDIT_STORES[store] ?? store,
      rounded(caller),
      rounded(others),
    ]),
  );
}

/** Less is not worth a line. */
const LEAST_SHARE = 0.01;

function profileTable({ profile = {} }: Results): string {
  return table(
    ['time of the thread that serves, under short requests', '%'],
    Object.entries(profile)
      .filter(([, share]) => share >= LEAST_SHARE)
      .map(([room, share]) => [room, rounded(share * 100)]),
  );
}
