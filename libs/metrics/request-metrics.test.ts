import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { RequestInfo } from '#model';
import type { EndedRequest } from './ports.ts';
import { createRequestMetrics } from './request-metrics.ts';

const info = (changes: Partial<RequestInfo> = {}): RequestInfo =>
  ({
    isResource: true,
    verb: 'list',
    resource: 'pods',
    subresource: '',
    longRunning: false,
    ...changes,
  }) as RequestInfo;
const ended = (changes: Partial<EndedRequest> = {}): EndedRequest => ({
  request: info(),
  cluster: 'demo',
  allowed: true,
  statusCode: 200,
  refusal: undefined,
  durationMs: 7,
  bytesIn: 1,
  bytesOut: 10,
  ...changes,
});

async function setUp() {
  const metrics = createRequestMetrics();
  const registry = new Registry();
  metrics.register(registry);
  const lines = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
  return { metrics, lines };
}

describe('labels', () => {
  test('what nobody has confirmed is "other": clusters, resources and verbs that are made up', async () => {
    const { metrics, lines } = await setUp();
    for (let i = 0; i < 1_000; i++) {
      metrics.requestEnded(ended({ cluster: `no-${i}`, allowed: false, statusCode: 404, refusal: 'unknownCluster' }));
      metrics.requestEnded(ended({ request: info({ resource: `made-up-${i}` }), statusCode: 404 }));
      metrics.requestEnded(ended({ request: info({ resource: `denied-${i}` }), allowed: false, statusCode: 403 }));
      metrics.requestEnded(ended({ request: undefined, cluster: '', allowed: false, statusCode: 400 }));
    }
    expect(await lines('gatehouse_requests_total')).toEqual([
      'gatehouse_requests_total{code="404",verb="list",resource="other",cluster="other"} 1000',
      'gatehouse_requests_total{code="400",verb="other",resource="other",cluster="other"} 1000',
      'gatehouse_requests_total{code="404",verb="list",resource="other",cluster="demo"} 1000',
      'gatehouse_requests_total{code="403",verb="list",resource="other",cluster="demo"} 1000',
    ]);
  });

  test('even where everything is confirmed, resources are bounded', async () => {
    const { metrics, lines } = await setUp();
    for (let i = 0; i < 5_000; i++) metrics.requestEnded(ended({ request: info({ resource: `crd-${i}` }) }));
    expect((await lines('gatehouse_requests_total')).length).toBe(401);
  });

  test('a resource is itself from its first success on, with its subresource', async () => {
    const { metrics, lines } = await setUp();
    const log = info({ verb: 'get', subresource: 'log', longRunning: true });
    metrics.requestEnded(ended({ request: log, statusCode: 404 }));
    metrics.requestEnded(ended({ request: log }));
    metrics.requestEnded(ended({ request: log, statusCode: 0 }));
    metrics.requestEnded(ended({ request: info({ isResource: false, verb: 'get', resource: '' }) }));
    expect(await lines('gatehouse_requests_total')).toEqual([
      'gatehouse_requests_total{code="404",verb="get",resource="other",cluster="demo"} 1',
      'gatehouse_requests_total{code="200",verb="get",resource="pods/log",cluster="demo"} 1',
      'gatehouse_requests_total{code="0",verb="get",resource="pods/log",cluster="demo"} 1',
      'gatehouse_requests_total{code="200",verb="get",resource="nonresource",cluster="demo"} 1',
    ]);
  });
});

test('durations are of short, allowed requests only, and cumulative', async () => {
  const { metrics, lines } = await setUp();
  for (const durationMs of [0.5, 2, 7, 7, 70_000]) metrics.requestEnded(ended({ durationMs }));
  metrics.requestEnded(ended({ request: info({ verb: 'watch', longRunning: true }), durationMs: 3_600_000 }));
  metrics.requestEnded(ended({ allowed: false, statusCode: 403 }));
  const found = await lines('gatehouse_request_duration_seconds');
  const value = (le: string): string | undefined =>
    found.find((line) => line.includes(`le="${le}"`) && line.includes('verb="list"'))?.split(' ')[1];
  expect(['0.001', '0.0025', '0.005', '0.01', '60', '+Inf'].map(value)).toEqual(['1', '2', '2', '4', '4', '5']);
  expect(found).toContain('gatehouse_request_duration_seconds_count{verb="list",cluster="demo"} 5');
  expect(found).toContain('gatehouse_request_duration_seconds_count{verb="watch",cluster="demo"} 0');
});

test('streams go up and down by kind; bytes and refusals add up', async () => {
  const { metrics, lines } = await setUp();
  const watch = info({ verb: 'watch', longRunning: true });
  const console = info({ verb: 'get', subresource: 'vnc', longRunning: true });
  for (const each of [watch, watch, console, info({ verb: 'create', subresource: 'exec' })]) metrics.streamOpened(each);
  metrics.streamClosed(watch);
  expect(await lines('gatehouse_streams_open')).toEqual([
    'gatehouse_streams_open{kind="watch"} 1',
    'gatehouse_streams_open{kind="other"} 1',
    'gatehouse_streams_open{kind="exec"} 1',
  ]);
  metrics.requestEnded(ended({ refusal: 'upstreamTimeout', statusCode: 504 }));
  metrics.requestEnded(ended());
  expect(await lines('gatehouse_re')).toEqual(
    expect.arrayContaining([
      'gatehouse_refusals_total{reason="upstreamTimeout"} 1',
      'gatehouse_request_body_bytes_total{cluster="demo"} 2',
      'gatehouse_response_body_bytes_total{cluster="demo"} 20',
    ]),
  );
});
