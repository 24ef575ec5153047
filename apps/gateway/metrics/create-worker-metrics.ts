import { collectDefaultMetrics, Registry } from 'prom-client';
import type { AuditQueueStats } from '#audit';
import type { ConnectionStats } from '#http';
import type { LimitStats } from '#limits';
import { createRequestMetrics, registerMetric, type Metrics, type RequestObserver } from '#metrics';

/** Where a worker's numbers are read when somebody asks. */
export interface MetricSources {
  audit(): AuditQueueStats;
  limits(): LimitStats;
  /** Refusals counted instead of recorded. */
  countedRefusals(): number;
  /** Credentials that were not looked up, since too many that nobody has were sent. */
  refusedLookups(): number;
  keySetFetches(): { readonly done: number; readonly failed: number };
  verifiedBearers(): number;
  /** By cluster. */
  upstream(): Iterable<readonly [cluster: string, stats: ConnectionStats]>;
  clientConnections(): number;
  refusedConnections(): readonly (readonly [reason: string, count: number])[];
  revision(): number;
  configurationReads(): number;
  streamJudgements(): number;
}

export interface WorkerMetrics {
  readonly observer: RequestObserver;
  /** A browser login that ended. */
  loginEnded(outcome: 'success' | 'failure' | 'limited'): void;
  /** A request below `/-/` that is over. */
  consoleRequestEnded(statusCode: number): void;
  read(): Promise<Metrics>;
}

/** @param start of the listener: sources that exist later are read later. */
export function createWorkerMetrics(sources: MetricSources): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = createRequestMetrics();
  requests.register(registry);
  const logins = new Map<string, number>();
  const consoleRequests = new Map<number, number>();
  const add = <Key>(counts: Map<Key, number>, key: Key): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

  const one = (type: 'counter' | 'gauge', name: string, help: string, read: () => number): void =>
    registerMetric(registry, { name, help, type, read: () => [{ labels: {}, value: read() }] });
  one(
    'gauge',
    'gatehouse_requests_in_flight',
    'Requests under way that are not long-running.',
    () => sources.limits().requestsInFlight,
  );
  one('gauge', 'gatehouse_client_connections', 'Connections that clients have open.', sources.clientConnections);
  registerMetric(registry, {
    name: 'gatehouse_refused_connections_total',
    help: 'New connections of clients that were closed, or got a 503 whatever they asked for, by what they were too many for: outOfDescriptors, maxConnectionsPerSource.',
    type: 'counter',
    read: () => sources.refusedConnections().map(([reason, value]) => ({ labels: { reason }, value })),
  });
  one('gauge', 'gatehouse_audit_queue_records', 'Audit records that wait to be saved.', () => sources.audit().queued);
  registerMetric(registry, {
    name: 'gatehouse_audit_queue_age_seconds',
    help: 'For how long the audit log could not be written; the age of the oldest record that is not saved.',
    type: 'gauge',
    aggregator: 'max',
    read: () => [{ labels: {}, value: sources.audit().waitingMs / 1000 }],
  });
  one('counter', 'gatehouse_audit_saved_records_total', 'Audit records saved.', () => sources.audit().saved);
  one(
    'counter',
    'gatehouse_audit_failed_commits_total',
    'Attempts to save audit records that failed.',
    () => sources.audit().failedCommits,
  );
  one(
    'counter',
    'gatehouse_audit_counted_refusals_total',
    'Refusals that were counted instead of recorded one by one: of anonymous floods, and while the queue was full.',
    () => sources.countedRefusals() + sources.audit().counted,
  );
  one(
    'counter',
    'gatehouse_refused_credential_lookups_total',
    'Credentials that were answered with 429 and not looked up: too many that nobody has came from their source, or from all.',
    sources.refusedLookups,
  );
  one(
    'counter',
    'gatehouse_key_set_fetches_total',
    'Fetches of issuers’ signing keys.',
    () => sources.keySetFetches().done,
  );
  one(
    'counter',
    'gatehouse_key_set_fetch_failures_total',
    'Fetches of issuers’ signing keys that failed.',
    () => sources.keySetFetches().failed,
  );
  one('gauge', 'gatehouse_verified_bearers', 'Verified bearer tokens that are remembered.', sources.verifiedBearers);
  registerMetric(registry, {
    name: 'gatehouse_upstream_connections',
    help: 'Connections to a cluster, by protocol; those of upgrades are not among them (gatehouse_streams_open).',
    type: 'gauge',
    read: () =>
      [...sources.upstream()].flatMap(([cluster, { http1, http2 }]) => [
        { labels: { cluster, protocol: 'http1' }, value: http1 },
        { labels: { cluster, protocol: 'http2' }, value: http2 },
      ]),
  });
  registerMetric(registry, {
    name: 'gatehouse_upstream_http2_streams',
    help: 'Streams that are open on shared HTTP/2 connections to a cluster.',
    type: 'gauge',
    read: () => [...sources.upstream()].map(([cluster, { streams }]) => ({ labels: { cluster }, value: streams })),
  });
  registerMetric(registry, {
    name: 'gatehouse_upstream_waiting_requests',
    help: 'Short requests that wait for a connection to a cluster.',
    type: 'gauge',
    read: () => [...sources.upstream()].map(([cluster, { waiting }]) => ({ labels: { cluster }, value: waiting })),
  });
  registerMetric(registry, {
    name: 'gatehouse_configuration_revision',
    help: 'Revision of the clusters, issuers, mappings and rules in force; of several workers the oldest.',
    type: 'gauge',
    aggregator: 'min',
    read: () => [{ labels: {}, value: sources.revision() }],
  });
  one(
    'counter',
    'gatehouse_configuration_reads_total',
    'Times that clusters, issuers, mappings and rules were read, since they had changed.',
    sources.configurationReads,
  );
  one(
    'counter',
    'gatehouse_stream_judgements_total',
    'Times that an open stream was judged again, since something that it was judged by may have changed.',
    sources.streamJudgements,
  );
  registerMetric(registry, {
    name: 'gatehouse_logins_total',
    help: 'Browser logins that ended, by outcome: success, failure, limited (429).',
    type: 'counter',
    read: () => [...logins].map(([outcome, value]) => ({ labels: { outcome }, value })),
  });
  registerMetric(registry, {
    name: 'gatehouse_console_requests_total',
    help: 'Requests below /-/ that are over, by HTTP status.',
    type: 'counter',
    read: () => [...consoleRequests].map(([code, value]) => ({ labels: { code }, value })),
  });

  return {
    observer: requests,
    loginEnded: (outcome) => add(logins, outcome),
    consoleRequestEnded: (statusCode) => add(consoleRequests, statusCode),
    read: async () => (await registry.getMetricsAsJSON()) as unknown as Metrics,
  };
}
