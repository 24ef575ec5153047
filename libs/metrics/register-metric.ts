import type { Aggregator, Metric, Registry } from 'prom-client';

export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: `<name>_bucket`, `<name>_sum`, `<name>_count`. */
  readonly metricName?: string;
}

/** What `prom-client`'s `getMetricsAsJSON` gives; plain data. */
export type Metrics = readonly {
  readonly name: string;
  readonly type: string;
  readonly values: readonly MetricValue[];
}[];

/** A metric whose values are read when somebody asks for them, instead of being written at each event. */
export function registerMetric(
  registry: Registry,
  metric: {
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'gauge' | 'histogram';
    /** How the values of several workers become one; default `sum`. */
    readonly aggregator?: Aggregator;
    read(): readonly MetricValue[] | Promise<readonly MetricValue[]>;
  },
): void {
  const { name, help, type, aggregator = 'sum', read } = metric;
  const readable = { name, get: async () => ({ name, help, type, aggregator, values: await read() }) };
  registry.registerMetric(readable as unknown as Metric);
}
