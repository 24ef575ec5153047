/** Dashboard, alerts and docs name metrics; each name and label is compared with what a running gateway shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ERRORS } from '#errors';
import { rootOf } from '../demo/run-cli.ts';
import { exposedBy, findPromqlProblems, type Exposed } from '../support/check-promql.ts';
import { readMetrics } from '../support/read-metrics.ts';
import { ask, watch } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const read = (path: string): string => readFileSync(join(rootOf(), path), 'utf8');
const dashboard = JSON.parse(read('deploy/grafana/gatehouse.json')) as {
  panels: Panel[];
  templating: { list: { name: string; query: unknown }[] };
};
const rules = (
  parse(read('deploy/prometheus/gatehouse.rules.yaml')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  }
).groups.flatMap((group) => group.rules);
const targets = dashboard.panels.flatMap(({ title, targets: of = [] }) => of.map((target) => ({ title, ...target })));
const reasons = new Set(Object.keys(ERRORS));

let world: SmallWorld;
let exposed: Exposed;

beforeAll(async () => {
  world = await startSmallWorld();
  const token = await world.tokenOf('alice');
  // One of each, so that every series is there.
  await ask(world, '/api/v1/pods', { token });
  await ask(world, '/api/v1/pods');
  await ask(world, '/-/auth/callback?state=x');
  const { stop } = await watch(world, token);
  // Until memory has been collected once, which has a metric too.
  for (let i = 0; i < 20 && !exposed?.has('nodejs_gc_duration_seconds_sum'); i++) {
    for (let j = 0; j < 100; j++) await ask(world, '/api/v1/pods', { token });
    exposed = exposedBy(await readMetrics(world.metricsUrl));
  }
  stop();
});
afterAll(() => world?.stop());

const problemsOf = (expression: string): string[] => findPromqlProblems(expression, exposed, reasons);

describe('the check itself', () => {
  test.each([
    ['gatehouse_request_total', 'no metric gatehouse_request_total'],
    ['rate(gatehouse_requests_total{status="200"}[5m])', 'no label status on gatehouse_requests_total'],
    ['sum by (user) (gatehouse_requests_total)', 'no label user on gatehouse_requests_total'],
    ['sum by (kind) (gatehouse_streams_open{kind="wotch"})', 'no kind "wotch"'],
    ['gatehouse_refusals_total{reason=~"notPresented|noSuchCode"}', 'no reason "noSuchCode"'],
    ['sum(gatehouse_streams_open', 'syntax at 26'],
  ])('finds what is wrong with %s', (expression, problem) => {
    expect(problemsOf(expression).join('\n')).toContain(problem);
  });

  test('finds nothing wrong with what is right', () => {
    expect(
      problemsOf('sum by (code, instance) (rate(gatehouse_requests_total{cluster=~"$cluster"}[$__rate_interval]))'),
    ).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('has panels with numbers of their own', () => {
    expect(targets.length).toBeGreaterThan(20);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  test.each(targets)('$title: $expr', ({ expr, legendFormat }) => {
    expect(problemsOf(expr)).toEqual([]);
    const grouped = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/,\s*/) ?? [];
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(grouped).toContain(label);
  });

  test('asks for the clusters by a metric that has them', () => {
    const { query } = dashboard.templating.list.find(({ name }) => name === 'cluster')!.query as { query: string };
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
    expect(exposed.get(metric)?.has(label)).toBe(true);
  });
});

describe('the alerts', () => {
  test('are there, each with a name of its own and words for whoever is woken', () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { annotations } of rules)
      expect(annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
  });

  test.each(rules)('$alert: $expr', ({ expr, annotations }) => {
    expect(problemsOf(expr)).toEqual([]);
    const labels = Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label),
    );
    for (const label of labels) expect(expr).toContain(`by (${label})`);
  });
});

test('docs/operations.md lists exactly the metrics that there are', () => {
  const listed = [...read('docs/operations.md').matchAll(/^\| `(gatehouse_\w+)`/gm)].map(([, name]) => name);
  const shown = new Set(
    [...exposed.keys()]
      .filter((name) => name.startsWith('gatehouse_'))
      .map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  );
  expect(listed.toSorted()).toEqual([...shown].toSorted());
});
