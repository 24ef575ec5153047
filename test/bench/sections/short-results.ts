import type { AuditRows } from '../measure/count-audit-rows.ts';
import type { LoadResult } from '../measure/run-load.ts';
import { PEOPLE } from '../people.ts';
import { formatTable, rounded } from '../print-table.ts';

export interface Accounting {
  readonly rows: AuditRows;
  /** `completed` as wrk counts; what it leaves open at the end of each run may still have been served. */
  readonly sent: { readonly completed: number; readonly inFlight: number };
  readonly people: number;
}

/** The bare forwarder costs at most this share of what kubectl proxy costs, or the machine measures something else. */
const BARE_SHARE = 0.55;

type Result = Pick<LoadResult, 'name' | 'cpuMicrosPerRequest' | 'requests' | 'failures'>;

/** A run that flatters must not count: this says what is wrong with it. */
export function findVoids(results: readonly Result[], accounting: Accounting | undefined): string[] {
  const voids = findFailures(results);
  const cpuOf = (name: string): number | undefined =>
    results.find((result) => result.name === name)?.cpuMicrosPerRequest;
  const [bare, kubectlProxy] = [cpuOf('bare'), cpuOf('kubectl-proxy')];
  if (bare !== undefined && kubectlProxy !== undefined && bare > BARE_SHARE * kubectlProxy)
    voids.push(
      `the bare forwarder took ${(bare / kubectlProxy).toFixed(2)} of kubectl proxy's time; at most ${BARE_SHARE} is believed`,
    );
  if (!accounting) return voids;
  const { rows, sent, people } = accounting;
  if (people < PEOPLE) voids.push(`only ${people} people; at least ${PEOPLE} are needed`);
  if (rows.people < people) voids.push(`only ${rows.people} of ${people} people are in the audit log`);
  const most = sent.completed + sent.inFlight;
  if (rows.answered < sent.completed || rows.all > most)
    voids.push(
      `${sent.completed} requests were answered and at most ${most} sent, but the audit log has ${rows.all} records, ${rows.answered} of answered ones`,
    );
  return voids;
}

/** Requests that failed make whatever was measured meaningless. */
export function findFailures(results: readonly Omit<Result, 'cpuMicrosPerRequest'>[]): string[] {
  return results.flatMap(({ name, requests, failures }) => [
    ...(requests === 0 ? [`${name} answered nothing`] : []),
    ...(failures > 0 ? [`${name}: ${failures} of ${requests} requests failed`] : []),
  ]);
}

/** Gatehouse's cost divided by each other's. */
export function cpuRatios(results: readonly Pick<Result, 'name' | 'cpuMicrosPerRequest'>[]): Record<string, number> {
  return ratiosTo(results, (result) => result.cpuMicrosPerRequest);
}

/** The value of `gatehouse` divided by each other's; its own other forms are left out. */
export function ratiosTo<R extends { readonly name: string }>(
  results: readonly R[],
  valueOf: (result: R) => number,
): Record<string, number> {
  const own = results.find(({ name }) => name === 'gatehouse');
  if (!own) return {};
  const others = results.filter(({ name }) => !name.startsWith('gatehouse'));
  return Object.fromEntries(others.map((other) => [other.name, valueOf(own) / valueOf(other)]));
}

export function shortTable(results: readonly LoadResult[]): string {
  const ratios = cpuRatios(results);
  return formatTable(
    ['proxy', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MiB', 'disturbed %', 'gatehouse ÷', 'what'],
    results.map((result) => [
      result.name,
      rounded(result.cpuMicrosPerRequest),
      Math.round(result.requestsPerSecond),
      rounded(result.p50Ms),
      rounded(result.p99Ms),
      Math.round(result.rssMiB),
      Math.round(result.foreignShare * 100),
      ratios[result.name]?.toFixed(2) ?? '',
      result.note,
    ]),
  );
}
