import type { AuditRows } from '../measure/count-audit-rows.ts';
import { PEOPLE } from '../people.ts';

export interface ShortResult {
  readonly name: string;
  readonly note: string;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
  /** Share of the machine (0 to 1) that did other work meanwhile; above 0.05 the numbers are worse than they should be. */
  readonly foreignShare: number;
  readonly requests: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failures: number;
}

export interface ShortRequests {
  readonly results: readonly ShortResult[];
  /** Why the run does not count; empty when it does. */
  readonly voids: readonly string[];
}

export interface Accounting {
  readonly rows: AuditRows;
  /** `completed` as wrk counts; what it leaves open at the end of each run may still have been served. */
  readonly sent: { readonly completed: number; readonly inFlight: number };
  readonly people: number;
}

/** The bare forwarder costs at most this share of what kubectl proxy costs, or the machine measures something else. */
const BARE_SHARE = 0.55;

/** A run that flatters must not count: this says what is wrong with it. */
export function findVoids(results: readonly ShortResult[], accounting: Accounting | undefined): string[] {
  const voids: string[] = [];
  const cpuOf = (name: string): number | undefined =>
    results.find((result) => result.name === name)?.cpuMicrosPerRequest;
  const [bare, kubectlProxy] = [cpuOf('bare'), cpuOf('kubectl-proxy')];
  if (bare !== undefined && kubectlProxy !== undefined && bare > BARE_SHARE * kubectlProxy)
    voids.push(
      `the bare forwarder took ${(bare / kubectlProxy).toFixed(2)} of kubectl proxy's time; at most ${BARE_SHARE} is believed`,
    );
  for (const { name, requests, failures } of results) {
    if (requests === 0) voids.push(`${name} answered nothing`);
    if (failures > 0) voids.push(`${name}: ${failures} of ${requests} requests failed`);
  }
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

/** Gatehouse's cost divided by each other's. */
export function cpuRatios(results: readonly ShortResult[], subject = 'gatehouse'): Record<string, number> {
  const own = results.find((result) => result.name === subject);
  if (!own) return {};
  return Object.fromEntries(
    results
      .filter((result) => !result.name.startsWith('gatehouse'))
      .map((result) => [result.name, own.cpuMicrosPerRequest / result.cpuMicrosPerRequest]),
  );
}
