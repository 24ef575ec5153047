import { expect, test } from 'vitest';
import type { Metrics } from '#metrics';
import type { Answers } from '../workers/link.ts';
import { createMetricsCollector } from './collect-metrics.ts';

const metric = (name: string, type: string, value: number, aggregator = 'sum'): Metrics[number] =>
  ({ name, type, help: name, aggregator, values: [{ labels: { code: 200 }, value }] }) as Metrics[number];

function createWorkers() {
  const numbers = new Map<number, number>();
  let onGone: (worker: number) => void = () => {};
  return {
    numbers,
    late: new Set<number>(),
    askAll: async function (this: { late: Set<number> }) {
      const answers = [...numbers]
        .filter(([worker]) => !this.late.has(worker))
        .map(([worker, value]) => ({
          worker,
          value: [
            metric('made_total', 'counter', value),
            metric('open', 'gauge', 1),
            metric('age', 'gauge', value, 'max'),
          ],
        }));
      return { answers, failed: [] } as unknown as Answers<never>;
    },
    onGone: (listener: (worker: number) => void) => void (onGone = listener),
    end(worker: number) {
      numbers.delete(worker);
      onGone(worker);
    },
  };
}

test('sums counters and gauges of all workers, and takes the greatest where that is meant', async () => {
  const workers = createWorkers();
  workers.numbers.set(1, 10).set(2, 5);
  const page = await createMetricsCollector(workers, async () => [metric('up', 'gauge', 1)]).collect();
  expect(page).toContain('made_total{code="200"} 15\n');
  expect(page).toContain('open{code="200"} 2\n');
  expect(page).toContain('age{code="200"} 10\n');
  expect(page).toContain('up{code="200"} 1\n');
});

test('a counter never sinks: not when a worker is late, nor when it ends and another takes its place', async () => {
  const workers = createWorkers();
  const collector = createMetricsCollector(workers, async () => []);
  workers.numbers.set(1, 10).set(2, 5);
  await collector.collect();
  workers.late.add(1);
  workers.numbers.set(2, 6);
  expect(await collector.collect()).toContain('made_total{code="200"} 16\n');
  workers.end(1);
  const page = await collector.collect();
  expect(page).toContain('made_total{code="200"} 16\n');
  expect(page).toContain('open{code="200"} 1\n');
  workers.numbers.set(3, 1);
  workers.end(2);
  expect(await collector.collect()).toContain('made_total{code="200"} 17\n');
});
