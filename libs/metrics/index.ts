/**
 * What the gateway counts about itself, for Prometheus. Counting happens on every request and reading once in a
 * while, so requests add to plain numbers that lie where their labels lead, and only a scrape makes metrics of them:
 * `prom-client`'s own counters hash a label object for each event.
 *
 * No label ever holds a person. Labels that come from requests are words that a cluster has confirmed, and bounded in
 * number: whatever else is asked for is counted as `other`, so that nobody can make the series explode.
 */
export { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
export { registerMetric, type Metrics, type MetricValue } from './register-metric.ts';
export type { EndedRequest, RequestObserver } from './ports.ts';
