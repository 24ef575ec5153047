import type { Results } from '../results.ts';

/** One line of what was set out to be reached. */
export interface Target {
  readonly name: string;
  /** `binding` must hold; `stretch` may be missed and is then listed. */
  readonly kind: 'binding' | 'stretch';
  readonly better: 'below' | 'above';
  readonly limit: number;
  readonly unit: string;
  valueOf(results: Results): number | undefined;
}

/** Ratios divide the gateway's value by the other's, of the same run. */
export const TARGETS: readonly Target[] = [
  binding('CPU of a short request ÷ bare Node forwarder', 'below', 1.5, '', (r) => r.ratios?.cpu?.bare),
  binding('CPU of a short request ÷ kubectl proxy', 'below', 0.7, '', (r) => r.ratios?.cpu?.['kubectl-proxy']),
  binding('1 MiB lists, bytes a second ÷ HAProxy', 'above', 0.95, '', (r) => r.ratios?.list1MiB?.haproxy),
  binding('memory of an idle watch with its own TLS connection', 'below', 120, ' KiB', (r) => r.watch?.kibPerWatch),
  binding('kubectl exec, bytes a second ÷ kubectl proxy', 'above', 0.9, '', (r) => r.ratios?.exec?.['kubectl-proxy']),
  stretch(
    'kubectl port-forward, bytes a second ÷ kubectl proxy',
    'above',
    0.9,
    '',
    (r) => r.ratios?.exec?.['kubectl-proxy:port-forward'],
  ),
  binding('kubectl api-resources, empty cache, time ÷ direct', 'below', 1.1, '', (r) => r.ratios?.discovery),
  binding('one event to all watches', 'below', 2000, ' ms', (r) => r.watch?.lastEventMs),
  stretch('memory of an idle watch with its own TLS connection', 'below', 70, ' KiB', (r) => r.watch?.kibPerWatch),
  stretch(
    'memory of an idle watch over shared HTTP/2',
    'below',
    30,
    ' KiB',
    (r) => r.watch?.kibPerWatchH2 ?? undefined,
  ),
  stretch('added latency of a watch event, p99', 'below', 1, ' ms', (r) => r.watch?.p99AddedMs),
  stretch('CPU with 100,000 mappings ÷ with 10', 'below', 1.1, '', (r) => r.growth?.cpu?.['100000 mappings']),
  stretch('CPU with 10,000 rules ÷ with few', 'below', 1.1, '', (r) => r.growth?.cpu?.['10000 rules']),
  stretch('CPU with 1,000,000 tokens ÷ with few', 'below', 1.1, '', (r) => r.growth?.cpu?.['1000000 tokens']),
  stretch('decisions a second with 10,000 rules ÷ with 10', 'above', 0.9, '', (r) => r.growth?.decisions),
  stretch('requests a second with 2 workers ÷ with 1', 'above', 1, '', workersRatio),
];

function workersRatio({ workers }: Results): number | undefined {
  const [one, two] = [workers?.['1'], workers?.['2']];
  return one && two && two.requestsPerSecond / one.requestsPerSecond;
}

function binding(...[name, better, limit, unit, valueOf]: Parts): Target {
  return { name, kind: 'binding', better, limit, unit, valueOf };
}

function stretch(...[name, better, limit, unit, valueOf]: Parts): Target {
  return { name, kind: 'stretch', better, limit, unit, valueOf };
}

type Parts = [string, Target['better'], number, string, Target['valueOf']];

/** @param slack how many times worse than its limit a value may be. */
export function isMet(target: Target, value: number, slack = 1): boolean {
  return target.better === 'below' ? value <= target.limit * slack : value >= target.limit / slack;
}
