import type { Registry } from 'prom-client';
import type { ErrorCode } from '#errors';
import type { RequestInfo } from '#model';
import { Histogram } from './histogram.ts';
import { createKnownWords, OTHER } from './known-words.ts';
import type { EndedRequest, RequestObserver } from './ports.ts';
import { registerMetric, type MetricValue } from './register-metric.ts';

export interface RequestMetrics extends RequestObserver {
  register(registry: Registry): void;
}

/** Requests to one cluster. */
interface ClusterCell {
  bytesIn: number;
  bytesOut: number;
  readonly durations: Map<string, Histogram>;
  readonly resources: Map<string, Map<string, VerbCell>>;
}

/** Requests of one verb for one resource of one cluster. */
interface VerbCell {
  readonly codes: Map<number, number>;
  readonly duration: Histogram;
}

const STREAM_KINDS = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Counts requests in nested maps: three look-ups and some additions a request, and nothing is made. */
export function createRequestMetrics(): RequestMetrics {
  const words = createKnownWords();
  const clusters = new Map<string, ClusterCell>();
  const refusals = new Map<ErrorCode, number>();
  const streams = new Map<string, number>();

  function cellOf(cluster: ClusterCell, resource: string, verb: string): VerbCell {
    let verbs = cluster.resources.get(resource);
    if (!verbs) cluster.resources.set(resource, (verbs = new Map()));
    let cell = verbs.get(verb);
    if (!cell) {
      let duration = cluster.durations.get(verb);
      if (!duration) cluster.durations.set(verb, (duration = new Histogram()));
      verbs.set(verb, (cell = { codes: new Map(), duration }));
    }
    return cell;
  }

  return {
    requestEnded(ended: EndedRequest) {
      const { request, statusCode, refusal } = ended;
      if (refusal !== undefined) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
      const name = words.clusterOf(ended);
      let cluster = clusters.get(name);
      if (!cluster)
        clusters.set(name, (cluster = { bytesIn: 0, bytesOut: 0, durations: new Map(), resources: new Map() }));
      cluster.bytesIn += ended.bytesIn;
      cluster.bytesOut += ended.bytesOut;
      const cell = cellOf(cluster, words.resourceOf(ended), request?.verb || OTHER);
      cell.codes.set(statusCode, (cell.codes.get(statusCode) ?? 0) + 1);
      // How long a watch was open says nothing about how fast it was.
      if (ended.allowed && request?.longRunning === false && statusCode > 0)
        cell.duration.observe(ended.durationMs / 1000);
    },
    streamOpened(request) {
      const kind = kindOf(request);
      streams.set(kind, (streams.get(kind) ?? 0) + 1);
    },
    streamClosed(request) {
      const kind = kindOf(request);
      streams.set(kind, (streams.get(kind) ?? 0) - 1);
    },
    register(registry) {
      registerMetric(registry, {
        name: 'gatehouse_requests_total',
        help: 'Requests on API paths that are over, by HTTP status (0: the client left before one), verb, resource and cluster. What no cluster has confirmed is "other".',
        type: 'counter',
        read: () => [...clusters].flatMap(([cluster, cell]) => requestsOf(cluster, cell)),
      });
      registerMetric(registry, {
        name: 'gatehouse_request_duration_seconds',
        help: 'How long allowed requests took that are not long-running, by verb and cluster.',
        type: 'histogram',
        read: () =>
          [...clusters].flatMap(([cluster, { durations }]) =>
            [...durations].flatMap(([verb, histogram]) =>
              histogram.read('gatehouse_request_duration_seconds', { verb, cluster }),
            ),
          ),
      });
      registerMetric(registry, {
        name: 'gatehouse_refusals_total',
        help: 'Requests that the gateway itself refused or failed, by the code of the error (docs/errors.md).',
        type: 'counter',
        read: () => [...refusals].map(([reason, value]) => ({ labels: { reason }, value })),
      });
      registerMetric(registry, {
        name: 'gatehouse_streams_open',
        help: 'Long-running requests that are open, by kind.',
        type: 'gauge',
        read: () => [...streams].map(([kind, value]) => ({ labels: { kind }, value })),
      });
      registerMetric(registry, {
        name: 'gatehouse_request_body_bytes_total',
        help: 'Bytes from clients to a cluster (bodies, tunnels), counted when a request is over.',
        type: 'counter',
        read: () => [...clusters].map(([cluster, { bytesIn }]) => ({ labels: { cluster }, value: bytesIn })),
      });
      registerMetric(registry, {
        name: 'gatehouse_response_body_bytes_total',
        help: 'Bytes from a cluster to clients (bodies, tunnels), counted when a request is over.',
        type: 'counter',
        read: () => [...clusters].map(([cluster, { bytesOut }]) => ({ labels: { cluster }, value: bytesOut })),
      });
    },
  };
}

function requestsOf(cluster: string, { resources }: ClusterCell): MetricValue[] {
  const values: MetricValue[] = [];
  for (const [resource, verbs] of resources)
    for (const [verb, { codes }] of verbs)
      for (const [code, value] of codes) values.push({ labels: { code, verb, resource, cluster }, value });
  return values;
}

function kindOf(request: RequestInfo): string {
  if (request.verb === 'watch') return 'watch';
  return STREAM_KINDS.has(request.subresource) ? request.subresource : OTHER;
}
