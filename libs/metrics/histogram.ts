import type { MetricValue } from './register-metric.ts';

/** Upper bounds, seconds. The longest short request may take 60. */
export const DURATION_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Counts of durations, as a Prometheus histogram has them. */
export class Histogram {
  readonly #counts = new Float64Array(DURATION_BUCKETS.length + 1);
  #sum = 0;

  observe(seconds: number): void {
    let at = 0;
    while (at < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += seconds;
  }

  read(name: string, labels: Readonly<Record<string, string>>): MetricValue[] {
    const values: MetricValue[] = [];
    let cumulative = 0;
    for (const [at, count] of this.#counts.entries()) {
      cumulative += count;
      const le = at < DURATION_BUCKETS.length ? (DURATION_BUCKETS[at] as number) : '+Inf';
      values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulative });
    }
    values.push({ metricName: `${name}_sum`, labels, value: this.#sum });
    values.push({ metricName: `${name}_count`, labels, value: cumulative });
    return values;
  }
}
