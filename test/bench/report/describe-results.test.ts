import { expect, it } from 'vitest';
import { chartOf, describeResults } from './describe-results.ts';
import { isMet, TARGETS } from './targets.ts';

const row = (name: string, cpuMicrosPerRequest: number) => ({
  name,
  cpuMicrosPerRequest,
  requestsPerSecond: 1000,
  p50Ms: 1,
  p99Ms: 2,
  rssMiB: 30,
});

it('says which sections do not count, and what was not measured', () => {
  const text = describeResults({ void: ['lists: haproxy: 1 of 2 requests failed'] });
  expect(text).toContain('**Does not count**: lists: haproxy: 1 of 2 requests failed.');
  expect(text).toContain('| 1 MiB lists, bytes a second ÷ HAProxy | binding | ≥ 0.95 |  | not measured |');
});

it('lists every target that is missed, with its value', () => {
  const text = describeResults({ ratios: { cpu: { bare: 1.71, 'kubectl-proxy': 0.6 } } });
  expect(text).toContain('- CPU of a short request ÷ bare Node forwarder (binding): 1.71 instead of ≤ 1.5');
  expect(text).toContain('| CPU of a short request ÷ kubectl proxy | binding | ≤ 0.7 | 0.6 | met |');
  expect(text).not.toContain('- CPU of a short request ÷ kubectl proxy');
});

it('says what a stream costs beside kubectl proxy', () => {
  const text = describeResults({ streamCpuMsPerMib: { exec: { gatehouse: 2.5, 'kubectl-proxy': 1.25 } } });
  expect(text).toContain('| exec | 2.5 | 1.25 |');
});

it('draws a bar for each proxy, the cheapest first, and shows names as text', () => {
  const chart = chartOf({ shortRequests: [row('gatehouse', 40), row('<nginx>', 20)] });
  expect(chart?.indexOf('&lt;nginx&gt;')).toBeLessThan(chart?.indexOf('gatehouse') ?? 0);
  expect(chartOf({})).toBeUndefined();
});

it('holds a value against its limit in the right direction', () => {
  const [cpu, lists] = [TARGETS[0], TARGETS[2]];
  if (!cpu || !lists) throw new Error('no targets');
  expect([isMet(cpu, 1.6), isMet(cpu, 1.4), isMet(cpu, 7.4, 5)]).toEqual([false, true, true]);
  expect([isMet(lists, 0.9), isMet(lists, 1), isMet(lists, 0.2, 5), isMet(lists, 0.1, 5)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
