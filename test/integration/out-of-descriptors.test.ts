/** A gateway that runs out of file descriptors refuses new connections in words, and harms nobody who is connected. */
import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDescriptors } from '../support/read-memory.ts';
import { readMetrics, valueOf } from '../support/read-metrics.ts';
import { ask, begin, connectTo, readAll, until, watch, type SmallAnswer } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
const LIMIT = 300;
/** As the guard has them. */
const RESERVED = 64;
const LAST = 16;
const NOT_FREE = /out of file descriptors \(the limit of open files is 300\)/;

test.each(['1', '2'])(
  'a start of %s worker(s) below the least limit is refused, and says how to raise it',
  async (workers) => {
    await expect(startSmallWorld({ GATEHOUSE_WORKERS: workers }, '', undefined, 200)).rejects.toThrow(
      /gatehouse cannot start: the limit of open files \(.*\) is 200, and the gateway needs at least 256\. .*ulimit -n.*LimitNOFILE/,
    );
  },
);

describe('with 300 descriptors', () => {
  let world: SmallWorld;
  let token: string;
  const opened: Socket[] = [];

  beforeAll(async () => {
    world = await startSmallWorld(
      // Idle connections of the test stay open, however slow the machine is.
      { GATEHOUSE_WORKERS: '1', GATEHOUSE_TIMEOUTS_HEADERS_SECONDS: '300' },
      '',
      undefined,
      LIMIT,
    );
    token = await world.tokenOf('alice');
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    opened.splice(0).forEach((socket) => socket.destroy());
    await until(() => free() > RESERVED + 100);
    // Linux before 6.2: the gateway counts once a second.
    const isReady = async (): Promise<boolean> =>
      (await ask(world, '/-/readyz').catch(() => undefined))?.status === 200;
    for (let i = 0; i < 30 && !(await isReady()); i++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ask(world, '/-/readyz')).toMatchObject({ status: 200, body: 'ok' });
    expect(await ask(world, PODS, { token })).toMatchObject({ status: 200 });
  });

  const free = (): number => LIMIT - openDescriptors(world.gateway.pid);
  const hold = async (): Promise<TLSSocket> => {
    const socket = await connectTo(world);
    opened.push(socket);
    return socket;
  };
  /** Opens idle connections until a new one leaves the reserve only. */
  const fill = async (): Promise<void> => {
    while (free() > RESERVED) await hold();
  };
  const refusedConnections = async (): Promise<number> =>
    valueOf(await readMetrics(world.metricsUrl), 'gatehouse_refused_connections_total', { reason: 'outOfDescriptors' });
  const logLines = (): Record<string, unknown>[] =>
    world.gateway
      .readLog()
      .split('\n')
      .filter((line) => line.includes('out of file descriptors'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  const expectRefusal = ({ status, headers, body }: SmallAnswer): void => {
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      connection: 'close',
      'retry-after': expect.stringMatching(/^\d+$/),
      'audit-id': expect.any(String),
    });
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code: 503,
      reason: 'ServiceUnavailable',
      message: expect.stringContaining('too few file descriptors'),
    });
  };

  test('a start warns that the settings allow more', () => {
    const lines = world.gateway.readLog().split('\n');
    expect(lines.filter((line) => line.includes('lower than what the settings allow'))).toEqual([
      expect.stringMatching(/"level":"warn".*"limit":300/),
    ]);
    expect(lines.filter((line) => line.includes('the limit of open files cannot be read'))).toEqual([]);
  });

  test('new connections are refused in words, and nobody else is harmed', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(world, PODS, { token, agent })).status).toBe(200);
    const watching = await watch(world, token);
    let seen = '';
    watching.answer.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const before = await refusedConnections();
    expect(before).toBe(0);
    await fill();

    expectRefusal(await ask(world, PODS, { token }));
    expectRefusal(await ask(world, PODS, { token, method: 'POST', body: '{"kind":"Pod"}' }));
    expectRefusal(await ask(world, '/-/'));
    expectRefusal(
      await ask(world, `${PODS}/web/exec?command=sh`, {
        token,
        headers: { connection: 'upgrade', upgrade: 'websocket' },
      }),
    );
    expect(await refusedConnections()).toBe(before + 4);
    const rows = await world.auditRows('status_code = 503');
    expect(rows.map((row) => row.annotations.code)).toEqual(Array.from({ length: 4 }, () => 'outOfDescriptors'));

    expect(await ask(world, '/-/healthz')).toMatchObject({ status: 200, body: 'ok', headers: { connection: 'close' } });
    const readyz = await ask(world, '/-/readyz');
    expect([readyz.status, readyz.body]).toEqual([503, expect.stringMatching(NOT_FREE)]);

    // Those who were connected go on, upstream connections of their own included.
    expect((await ask(world, PODS, { token, agent })).status).toBe(200);
    world.upstream.say('{"type":"ADDED"}');
    await until(() => seen.includes('ADDED'));
    expect(logLines()).toEqual([expect.objectContaining({ level: 'error', limit: LIMIT })]);
    watching.stop();
    agent.destroy();
  });

  test('a connection from the reserve that asks for nothing is closed after seconds', async () => {
    await fill();
    const silent = await hold();
    const beginsNoTls = connectTcp(world.port, '127.0.0.1');
    opened.push(beginsNoTls);
    const startedAt = performance.now();
    await Promise.all([readAll(silent), new Promise((resolve) => beginsNoTls.once('close', resolve))]);
    expect(performance.now() - startedAt).toBeGreaterThan(3_000);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('the last descriptors are given to no connection', async () => {
    await fill();
    const before = await refusedConnections();
    let closed = 0;
    for (let i = 0; i < RESERVED + 100; i++) {
      const socket = connectTcp(world.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => closed++);
      opened.push(socket);
    }
    await until(() => closed >= 100, 20_000);
    expect(free()).toBeGreaterThanOrEqual(LAST);
    expect(closed).toBeLessThanOrEqual(100 + LAST + 5);
    expect(await refusedConnections()).toBe(before + closed);
    // Those that took the reserve give it back, whatever they do.
    await until(() => closed === RESERVED + 100, 20_000);
    expect((await ask(world, '/-/healthz')).status).toBe(200);
  });

  test('without a descriptor for a connection to the cluster, the gateway does not blame the cluster', async () => {
    const agents: Agent[] = [];
    // Connections that were there before, each of which then wants one to the cluster.
    while (free() > RESERVED + 4) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      agents.push(agent);
      expect((await ask(world, '/-/healthz', { agent })).status).toBe(200);
    }
    expect(agents.length).toBeGreaterThan(RESERVED + 30);
    const watches = agents.slice(0, RESERVED + 20).map((agent) => {
      const outbound = begin(world, '/api/v1/pods?watch=1', { token, agent });
      outbound.on('error', () => {});
      outbound.end();
      return outbound;
    });
    const responses = await Promise.all(
      watches.map(
        (outbound) =>
          new Promise<{ status: number; retryAfter: string | undefined; body: () => string }>((resolve) =>
            outbound.once('response', (response) => {
              let body = '';
              response.on('data', (chunk: Buffer) => (body += chunk.toString()));
              response.on('error', () => {});
              resolve({
                status: response.statusCode ?? 0,
                retryAfter: response.headers['retry-after'],
                body: () => body,
              });
            }),
          ),
      ),
    );
    const served = responses.filter(({ status }) => status === 200);
    const refused = responses.filter(({ status }) => status === 503);
    expect(served.length).toBeGreaterThan(RESERVED - 10);
    expect(refused.length).toBeGreaterThan(5);
    expect(served.length + refused.length).toBe(responses.length);
    const message = 'the gateway has no file descriptor left for a connection to cluster \\"demo\\"; try again later';
    await until(() => refused.every(({ body }) => body().includes(message)));
    expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['2']));

    const upgrade = await ask(world, `${PODS}/web/exec?command=sh`, {
      token,
      agent: agents.at(-1),
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    });
    expect([upgrade.status, upgrade.body]).toEqual([503, expect.stringContaining('no file descriptor left')]);

    // No descriptor is left to accept one with: the client is turned away or has to wait, and the gateway lives.
    const late = connectTcp(world.port, '127.0.0.1');
    opened.push(late);
    late.on('error', () => {});
    await Promise.race([once(late, 'close'), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    expect(served.every(({ body }) => body() === '')).toBe(true);
    world.upstream.say('{"type":"ADDED"}');
    await until(() => served.every(({ body }) => body().includes('ADDED')));
    watches.forEach((outbound) => outbound.destroy());
    agents.forEach((agent) => agent.destroy());
  });

  test('all of it was at most one line of the log a minute', () => {
    const times = logLines().map(({ time }) => Date.parse(time as string));
    expect(times.length).toBeGreaterThan(0);
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] as number)).toBeGreaterThan(59_000);
  });
});
