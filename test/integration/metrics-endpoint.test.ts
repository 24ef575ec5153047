/** The second listener of the built gateway: what it shows, to whom, and what it never shows. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, connectTo, readAll, until, watch } from '../support/small-client.ts';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
let world: SmallWorld;
let alice: string;

beforeAll(async () => {
  world = await startSmallWorld({
    GATEHOUSE_WORKERS: '2',
    GATEHOUSE_METRICS_INSECURE_PROFILING: 'true',
    GATEHOUSE_LIMITS_MAX_STREAMS_PER_PERSON: '3',
    GATEHOUSE_AUDIT_REFUSAL_BURST_PER_SOURCE: '50',
  });
  alice = await world.tokenOf('alice');
});
afterAll(() => world?.stop());

const metrics = async () => await readMetrics(world.metricsUrl);

/** One request to the metrics listener, with any Host. */
function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outbound = request(new URL(path, world.metricsUrl), { method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    outbound.on('error', reject);
    outbound.end();
  });
}

describe('the listener', () => {
  test('is not the public port: that knows no metrics and no profiles', async () => {
    for (const path of ['/metrics', '/debug/pprof/heap', '/-/metrics'])
      expect((await ask(world, path, { token: alice })).body).not.toContain('# TYPE');
    expect((await ask(world, '/metrics')).status).toBe(401);
  });

  test('answers a loopback name only, GET only, and its own paths only', async () => {
    expect((await get('/metrics', { host: 'rebound.example:9443' })).status).toBe(421);
    expect((await get('/debug/pprof/heap', { host: 'rebound.example' })).status).toBe(421);
    expect((await get('/metrics', {}, 'POST')).status).toBe(405);
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics/../metrics')).status).toBe(200);
    expect((await get('/constructor')).status).toBe(404);
    expect((await get('/metrics', { host: 'localhost:1' })).status).toBe(200);
  });

  test('is off by configuration, and tells of a port that is taken', async () => {
    const off = await startSmallWorld({ GATEHOUSE_METRICS_LISTEN: 'off' });
    await expect(fetch(off.metricsUrl)).rejects.toThrow('fetch failed');
    await off.stop();
    const taken = new URL(world.metricsUrl).host;
    await expect(startSmallWorld({ GATEHOUSE_METRICS_LISTEN: taken })).rejects.toThrow('EADDRINUSE');
  });
});

describe('requests', () => {
  test('are counted by code, verb, resource and cluster, and timed', async () => {
    const before = await metrics();
    for (let i = 0; i < 5; i++) expect((await ask(world, PODS, { token: alice })).status).toBe(200);
    await ask(world, PODS, { token: alice, method: 'POST', body: '{"a":1}' });
    await ask(world, '/version', { token: alice });
    const after = await metrics();
    const more = (labels: Record<string, string>): number =>
      valueOf(after, 'gatehouse_requests_total', labels) - valueOf(before, 'gatehouse_requests_total', labels);
    expect(more({ code: '200', verb: 'list', resource: 'pods', cluster: 'demo' })).toBe(5);
    expect(more({ code: '200', verb: 'create', resource: 'pods', cluster: 'demo' })).toBe(1);
    expect(more({ code: '200', verb: 'get', resource: 'nonresource', cluster: 'demo' })).toBe(1);
    expect(valueOf(after, 'gatehouse_request_duration_seconds_count', { verb: 'list', cluster: 'demo' })).toBe(5);
    expect(valueOf(after, 'gatehouse_request_body_bytes_total', { cluster: 'demo' })).toBe(7);
    expect(valueOf(after, 'gatehouse_response_body_bytes_total', { cluster: 'demo' })).toBeGreaterThan(400);
  });

  test('that are hostile make no series of their own, and name nobody', async () => {
    const count = (page: string): number =>
      page.split('\n').filter((line) => line.startsWith('gatehouse_requests_total')).length;
    const page = async (): Promise<string> => (await get('/metrics')).body;
    await ask(world, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings', { token: alice });
    await ask(world, '/clusters/made-up/api/v1/pods', { token: alice });
    await ask(world, '/api/v1/namespaces/x/made-up', { method: 'BREW' });
    const before = count(await page());
    for (let i = 0; i < 50; i++) {
      await ask(world, `/clusters/c${i}/api/v1/pods`, { token: alice });
      await ask(world, `/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/r${i}`, { token: alice });
      await ask(world, `/api/v1/namespaces/x/r${i}/..`, { token: alice });
      await ask(world, `/apis/g${i}/v1/r${i}`, { method: `M${i}` }).catch(() => {});
    }
    const text = await page();
    expect(count(text) - before).toBeLessThanOrEqual(2);
    expect(text).toContain('cluster="other"');
    expect(text).not.toMatch(/alice|made-up|everybody|127\.0\.0\.1/);
  });

  test('that the gateway refuses are counted by the error’s code', async () => {
    const before = await metrics();
    for (let i = 0; i < 3; i++) await ask(world, PODS);
    await ask(world, PODS, { token: 'nonsense' });
    const rebound = await connectTo(world);
    const refused = readAll(rebound);
    rebound.write(`GET ${PODS} HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n`);
    expect(await refused).toMatch(/^HTTP\/1\.1 421 /);
    const held = [
      await watch(world, alice),
      await watch(world, alice),
      await watch(world, alice),
      await watch(world, alice),
    ];
    held.forEach(({ stop }) => stop());
    const after = await metrics();
    const more = (reason: string): number =>
      valueOf(after, 'gatehouse_refusals_total', { reason }) - valueOf(before, 'gatehouse_refusals_total', { reason });
    expect(['notPresented', 'invalidCredential', 'misdirected', 'tooManyRequests'].map(more)).toEqual([3, 1, 1, 1]);
  });
});

describe('what is open', () => {
  test('streams go up and down by kind', async () => {
    await until(() => world.upstream.watches() === 0);
    const held = [await watch(world, alice), await watch(world, alice)];
    const exec = await connectTo(world);
    exec.write(
      `POST ${PODS}/web/exec HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${alice}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`,
    );
    await until(() => world.upstream.tunnels() === 1);
    let found = await metrics();
    expect(valueOf(found, 'gatehouse_streams_open', { kind: 'watch' })).toBe(2);
    expect(valueOf(found, 'gatehouse_streams_open', { kind: 'exec' })).toBe(1);
    expect(valueOf(found, 'gatehouse_client_connections')).toBeGreaterThanOrEqual(3);
    expect(valueOf(found, 'gatehouse_upstream_connections', { cluster: 'demo', protocol: 'http1' })).toBeGreaterThan(0);
    exec.destroy();
    held.forEach(({ stop }) => stop());
    await until(() => world.upstream.watches() === 0 && world.upstream.tunnels() === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    found = await metrics();
    expect(valueOf(found, 'gatehouse_streams_open', { kind: 'watch' })).toBe(0);
    expect(valueOf(found, 'gatehouse_streams_open', { kind: 'exec' })).toBe(0);
  });

  test('requests in flight are those that wait for a cluster', async () => {
    world.upstream.hold();
    const pending = [ask(world, PODS, { token: alice }), ask(world, PODS, { token: alice })];
    await until(() => world.upstream.held() === 2);
    expect(valueOf(await metrics(), 'gatehouse_requests_in_flight')).toBe(2);
    world.upstream.release();
    await Promise.all(pending);
    expect(valueOf(await metrics(), 'gatehouse_requests_in_flight')).toBe(0);
  });
});

describe('the rest', () => {
  test('audit, keys, logins, counted refusals, build and process', async () => {
    await ask(world, '/-/auth/callback?state=x&code=y');
    for (let i = 0; i < 100; i++) await ask(world, PODS);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = await metrics();
    expect(valueOf(found, 'gatehouse_audit_saved_records_total')).toBeGreaterThan(50);
    expect(valueOf(found, 'gatehouse_audit_queue_records')).toBe(0);
    expect(valueOf(found, 'gatehouse_audit_queue_age_seconds')).toBe(0);
    expect(valueOf(found, 'gatehouse_audit_failed_commits_total')).toBe(0);
    expect(valueOf(found, 'gatehouse_audit_counted_refusals_total')).toBeGreaterThan(40);
    // Each worker has fetched them once.
    expect(valueOf(found, 'gatehouse_key_set_fetches_total')).toBe(2);
    expect(valueOf(found, 'gatehouse_key_set_fetch_failures_total')).toBe(0);
    expect(valueOf(found, 'gatehouse_verified_bearers')).toBeGreaterThan(0);
    expect(valueOf(found, 'gatehouse_logins_total', { outcome: 'failure' })).toBe(1);
    expect(valueOf(found, 'gatehouse_console_requests_total', { code: '400' })).toBe(1);
    expect(valueOf(found, 'gatehouse_build_info')).toBe(1);
    expect(valueOf(found, 'gatehouse_configuration_revision')).toBeGreaterThan(0);
    expect(valueOf(found, 'process_resident_memory_bytes')).toBeGreaterThan(50e6);
    expect(valueOf(found, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  test('profiles are served where that is asked for', async () => {
    const profile = await get('/debug/pprof/profile?seconds=1&worker=1');
    expect(profile.status).toBe(200);
    expect(JSON.parse(profile.body)).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) });
    expect((await get('/debug/pprof/profile?seconds=1&worker=7')).status).toBe(404);
    const heap = await get('/debug/pprof/heap?worker=2');
    expect(JSON.parse(heap.body)).toMatchObject({ snapshot: { meta: expect.any(Object) } });
  });

  test('… and nowhere else', async () => {
    const other = await startSmallWorld();
    for (const path of ['profile', 'heap'])
      expect((await fetch(new URL(`/debug/pprof/${path}`, other.metricsUrl))).status).toBe(404);
    await other.stop();
  });
});
