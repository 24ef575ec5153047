import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Metrics } from '#metrics';
import type { WorkersLink } from '../workers/link.ts';
import { READ_METRICS } from '../workers/topics.ts';

export interface MetricsCollector {
  /** One page for all workers, in Prometheus' text format. */
  collect(): Promise<string>;
}

/** Below Prometheus' own time-out of ten seconds. */
const WITHIN_MS = 5_000;

/**
 * Asks all workers and adds up. What a worker that is late or gone had counted stays in the sums, as of when it was
 * last asked: a sum that sinks looks to Prometheus like a restart, and all that is left like new requests.
 *
 * @param own read in this process, beside the workers' metrics.
 */
export function createMetricsCollector(
  workers: Pick<WorkersLink, 'askAll' | 'onGone'>,
  own: () => Promise<Metrics>,
): MetricsCollector {
  const lastOf = new Map<number, Metrics>();
  let ended: Metrics = [];

  workers.onGone((worker) => {
    const counters = (lastOf.get(worker) ?? []).filter(({ type }) => type === 'counter' || type === 'histogram');
    lastOf.delete(worker);
    ended = sum([ended, counters]);
  });

  return {
    async collect() {
      const { answers } = await workers.askAll(READ_METRICS, undefined, WITHIN_MS);
      for (const { worker, value } of answers) lastOf.set(worker, value);
      // The newest first: where a metric takes the first value, it is that of somebody who is there.
      return await aggregate([await own(), ...lastOf.values(), ended]).metrics();
    },
  };
}

const aggregate = (all: readonly Metrics[]): Registry => AggregatorRegistry.aggregate(all as unknown as object[]);

function sum(all: readonly Metrics[]): Metrics {
  return aggregate(all).getMetricsAsArray() as unknown as Metrics;
}
