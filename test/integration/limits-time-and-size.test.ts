/** Time and size: what is slow is cut, what is too large is refused at the exact bound; against the built gateway. */
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask, begin, connectTo, readAll, readAnswer, until } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const MAX_BODY_BYTES = 200_000;
let world: SmallWorld;
let alice: string;

beforeAll(async () => {
  world = await startSmallWorld({
    // Connections of a source are counted by each worker.
    GATEHOUSE_WORKERS: '1',
    GATEHOUSE_TIMEOUTS_HEADERS_SECONDS: '1',
    GATEHOUSE_TIMEOUTS_SHORT_REQUEST_SECONDS: '1',
    GATEHOUSE_TIMEOUTS_IDLE_CONNECTION_SECONDS: '2',
    GATEHOUSE_LIMITS_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    GATEHOUSE_LIMITS_MAX_CONNECTIONS_PER_SOURCE: '20',
    GATEHOUSE_LIMITS_MAX_REQUESTS_IN_FLIGHT_PER_PERSON: '2',
  });
  alice = await world.tokenOf('alice');
});
afterAll(() => world?.stop());

const head = (line: string, headers: readonly string[] = []): string =>
  [`${line} HTTP/1.1`, `Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${alice}`, ...headers, '', ''].join(
    '\r\n',
  );

/** Writes a byte now and then until the other side has had enough; answers what came back, and when it was cut. */
async function drip(start: string, byte = 'x'): Promise<{ text: string; answeredMs: number; closedMs: number }> {
  const socket = await connectTo(world);
  const startedAt = performance.now();
  let answeredMs = 0;
  socket.once('data', () => (answeredMs = performance.now() - startedAt));
  const timer = setInterval(() => socket.write(byte), 100);
  const text = readAll(socket);
  socket.write(start);
  const all = await text;
  clearInterval(timer);
  return { text: all, answeredMs, closedMs: performance.now() - startedAt };
}

describe('slow clients', () => {
  test('headers that drip in are cut with 408, and recorded', async () => {
    const { text, answeredMs } = await drip(`GET ${PODS} HTTP/1.1\r\nX-Slow: `);
    expect(text).toMatch(/^HTTP\/1\.1 408 [^]*"reason":"Timeout"/);
    expect(answeredMs).toBeGreaterThan(900);
    expect(answeredMs).toBeLessThan(4_000);
    expect(await world.auditRows('status_code = 408')).toMatchObject([{ annotations: { code: 'requestTimeout' } }]);
  });

  test('… those of a second request on the connection too', async () => {
    const { text } = await drip(`${head(`GET ${PODS}`)}GET ${PODS} HTTP/1.1\r\nX-Slow: `);
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 408 /);
  });

  test('a connection that begins no TLS, or asks for nothing after it, is closed', async () => {
    const plain = connectTcp(world.port, '127.0.0.1');
    const silent = await connectTo(world);
    const startedAt = performance.now();
    await Promise.all([new Promise((resolve) => plain.once('close', resolve)), readAll(silent)]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('a connection that rests between two requests is closed in the end', async () => {
    const socket = await connectTo(world);
    const startedAt = performance.now();
    socket.write(head(`GET ${PODS}`));
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  test('the body of a short request that drips in is answered with 408, and gives its place back', async () => {
    const drips = [
      drip(head(`POST ${PODS}`, ['Content-Length: 100000'])),
      drip(head(`PUT ${PODS}/web`, ['Transfer-Encoding: chunked']), '1\r\nx\r\n'),
    ];
    for (const { text, answeredMs, closedMs } of await Promise.all(drips)) {
      expect(text).toMatch(/^HTTP\/1\.1 408 [^]*"reason":"Timeout"/);
      expect(answeredMs).toBeGreaterThan(900);
      expect(answeredMs).toBeLessThan(3_000);
      expect(closedMs).toBeLessThan(10_000);
    }
    const rows = await world.auditRows("status_code = 408 AND username = 'demo:alice'");
    expect(rows.map((row) => [row.decision, row.annotations.code])).toEqual([
      ['error', 'requestTimeout'],
      ['error', 'requestTimeout'],
    ]);
    // Two is all that she may have in flight.
    world.upstream.hold();
    const pending = [ask(world, PODS, { token: alice }), ask(world, PODS, { token: alice })];
    await until(() => world.upstream.held() === 2);
    world.upstream.release();
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('a body that never ends holds the connection of a refused request for seconds only', async () => {
    const cases = [
      [`POST ${PODS}`, 'Authorization: Bearer another', 400],
      [`POST ${PODS}/..`, 'Accept: */*', 400],
      [`POST /clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings`, 'Accept: */*', 403],
      [`PUT /-/me/upstream-tokens/demo`, 'Content-Type: application/json', 408],
    ] as const;
    const drips = cases.map(([line, header]) => drip(head(line, ['Content-Length: 100000', header])));
    for (const [i, { text, closedMs }] of (await Promise.all(drips)).entries()) {
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${cases[i]![2]} `));
      expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(closedMs).toBeLessThan(10_000);
    }
  });

  test('an admin’s object that drips in is answered with 408', async () => {
    const root = await world.tokenOf('root');
    const outbound = begin(world, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings', {
      token: root,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '1000' },
    });
    outbound.on('error', () => {});
    outbound.write('{');
    expect((await readAnswer(outbound)).status).toBe(408);
    outbound.destroy();
  });

  test('the body of a long-running request may take its time', async () => {
    const outbound = begin(world, `/api/v1/namespaces/team-a/services/web/proxy/upload`, {
      token: alice,
      method: 'POST',
    });
    const answer = readAnswer(outbound);
    for (let i = 0; i < 8; i++) {
      outbound.write('0123456789');
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    outbound.end();
    expect(JSON.parse((await answer).body)).toMatchObject({ size: 80 });
  });
});

describe('sizes', () => {
  test.each([
    ['announced', { 'content-length': String(MAX_BODY_BYTES + 1) }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])('a body of one byte more than configured is 413 (%s)', async (how, headers) => {
    const before = world.upstream.received.length;
    const outbound = begin(world, PODS, { token: alice, method: 'POST', headers: headers as never });
    outbound.on('error', () => {});
    const answer = readAnswer(outbound);
    outbound.write(Buffer.alloc(MAX_BODY_BYTES, 'x'));
    outbound.end('y');
    const { status, body } = await answer;
    expect(status).toBe(413);
    expect(JSON.parse(body)).toMatchObject({ reason: 'RequestEntityTooLarge', code: 413 });
    if (how === 'announced') expect(world.upstream.received).toHaveLength(before);
  });

  test.each(['content-length', 'transfer-encoding'])(
    'a body of exactly the configured size goes through (%s)',
    async (how) => {
      const body = Buffer.alloc(MAX_BODY_BYTES, 'x');
      const headers: Record<string, string> =
        how === 'content-length' ? { 'content-length': String(body.length) } : { 'transfer-encoding': 'chunked' };
      const answer = await ask(world, PODS, { token: alice, method: 'POST', headers, body });
      expect(JSON.parse(answer.body)).toMatchObject({ size: MAX_BODY_BYTES });
    },
  );

  /** Raw bytes on a connection of their own: the status that they get. */
  const statusOf = async (bytes: string): Promise<number> => {
    const socket = await connectTo(world);
    const text = readAll(socket);
    socket.write(bytes);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(await text)?.[1] ?? 0);
    return status;
  };
  const KIB64 = 64 * 1024;
  const targetOf = (length: number, prefix = ''): string => `${prefix}${PODS}?x=`.padEnd(length, 'a');
  /** Headers of exactly this many bytes: names, values, and the four of `: ` and the line's end. */
  const headersOf = (bytes: number, lines = 1): string[] => {
    const fixed = [`Host: 127.0.0.1:${world.port}`, `Authorization: Bearer ${alice}`, 'Connection: close'];
    const used = fixed.reduce((sum, line) => sum + line.length + 2, 0);
    const fill = Array.from({ length: lines - 1 }, (_, i) => `X-Fill-${i}: 1`);
    const filled = fill.reduce((sum, line) => sum + line.length + 2, used);
    return [...fixed, ...fill, 'X-Big: '.padEnd(bytes - filled - 2, 'a')];
  };
  const requestOf = (target: string, headers: readonly string[]): string =>
    `GET ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;

  test.each([
    [KIB64, '', 200],
    [KIB64 + 1, '', 414],
    [KIB64, '/clusters/demo', 200],
    [KIB64 + 1, '/clusters/demo', 414],
    [70 * 1024, '', 414],
  ])('a target of %i bytes (%s/…) is answered with the right status', async (length, prefix, status) => {
    expect(await statusOf(requestOf(targetOf(length, prefix), headersOf(2000)))).toBe(status);
  });

  test.each([
    [KIB64, 200],
    [KIB64 + 1, 431],
    [130 * 1024, 431],
    [300 * 1024, 431],
  ])('headers of %i bytes are answered with %i', async (bytes, status) => {
    expect(await statusOf(requestOf(PODS, headersOf(bytes)))).toBe(status);
  });

  test('a target and headers that are both as large as they may be go together', async () => {
    expect(await statusOf(requestOf(targetOf(KIB64), headersOf(KIB64)))).toBe(200);
    expect(await statusOf(requestOf(targetOf(KIB64), headersOf(KIB64, 990)))).toBe(200);
  });

  test.each([
    [1000, 200],
    [1001, 431],
    [2001, 431],
    [4000, 431],
  ])('%i headers are answered with %i', async (count, status) => {
    const headers = headersOf(30_000, 1).slice(0, 3);
    while (headers.length < count) headers.push(`X-${headers.length}: 1`);
    expect(await statusOf(requestOf(PODS, headers))).toBe(status);
  });
});

describe('connections', () => {
  test('one more than a source may have is closed; after one has ended there is room again', async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = async (): Promise<number> =>
      valueOf(await readMetrics(world.metricsUrl), 'gatehouse_refused_connections_total', {
        reason: 'maxConnectionsPerSource',
      });
    const before = await refused();
    const open = [];
    for (let i = 0; i < 20; i++) open.push(await connectTo(world));
    await expect(connectTo(world)).rejects.toThrow(/ECONNRESET|socket disconnected|socket hang up/);
    expect(await refused()).toBe(before + 1);
    open.pop()?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(world, PODS, { token: alice })).status).toBe(200);
    open.forEach((socket) => socket.destroy());
  });
});
