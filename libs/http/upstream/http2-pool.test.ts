import {
  connect,
  constants,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../testdata/certificate.ts';
import { collectFaults, Planted, soon, stopAll, stopLater, throwPlanted } from '../testdata/fakes.ts';
import { Http2Connection, type Http2Times } from './http2-connection.ts';
import { createHttp2Pool } from './http2-pool.ts';

afterEach(stopAll);

const TIMES: Http2Times = { connectMs: 5000, pingEveryMs: 60_000, pingAnswerMs: 5000, idleMs: 60_000 };
const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'up', ':path', '/'];

async function listen(server: Pick<Server, 'listen' | 'address' | 'close' | 'on'>): Promise<number> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A connection to a server without TLS that never responds to a request. */
async function openConnection(changes: Partial<Http2Times> = {}, onFree: () => void = () => {}) {
  const server = createServer({ settings: { maxConcurrentStreams: 3 } });
  const peers: ServerHttp2Session[] = [];
  server.on('session', (peer) => peers.push(peer));
  server.on('stream', (stream) => stream.on('error', () => {}));
  const port = await listen(server);
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const { faults, reportFault } = collectFaults();
  const connection = new Http2Connection(session, { ...TIMES, ...changes }, onFree, reportFault);
  return { connection, session, peer: peers[0] as ServerHttp2Session, faults };
}

/** A pool of connections to a server that allows `streams` at once, and never responds to a request. */
async function openPool(streams = 2, changes: Partial<Http2Times> = {}, alpn = ['h2', 'http/1.1']) {
  const pem = await makeCertificate();
  const server = alpn.includes('h2')
    ? createSecureServer({ ...pem, settings: { maxConcurrentStreams: streams } })
    : createTlsServer({ ...pem, ALPNProtocols: alpn });
  let connections = 0;
  server.on('connection', () => connections++);
  server.on('stream', (stream: { on(event: string, act: () => void): void }) => stream.on('error', () => {}));
  const port = await listen(server);
  const clock = { nowMs: 0 };
  const { reportFault } = collectFaults();
  const tls = { port, host: '127.0.0.1', ca: pem.cert };
  const pool = createHttp2Pool(tls, { ...TIMES, ...changes }, () => clock.nowMs, reportFault);
  stopLater(() => void pool.close());
  return { pool, clock, port, connections: () => connections };
}

describe('an HTTP/2 connection', () => {
  it('is lost, with all its streams, by what a callback of it throws, and reports that', async () => {
    let fails = false;
    const { connection, session, faults } = await openConnection({}, () => void (fails && throwPlanted()));
    connection.take();
    connection.take();
    const streams = [connection.open(GET), connection.open(GET)];
    const closed = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
    fails = true;
    streams[0]?.close(constants.NGHTTP2_CANCEL);
    await Promise.all(closed);
    await soon(20);
    expect([session.destroyed, connection.usable, connection.free, connection.taken]).toEqual([true, false, 0, 0]);
    expect(faults[0]).toEqual({ where: 'an HTTP/2 connection to an upstream', error: expect.any(Planted) });
  });

  it('takes back the lease of a stream that cannot be opened', async () => {
    const { connection } = await openConnection();
    connection.take();
    expect(() => connection.open([...GET, 'connection', 'close'])).toThrow(
      'HTTP/1 Connection specific headers are forbidden',
    );
    expect([connection.taken, connection.free]).toEqual([0, 3]);
  });

  it('that does not reply to pings is lost, and its streams with it', async () => {
    const { connection, session } = await openConnection({ pingEveryMs: 20, pingAnswerMs: 30 });
    session.ping = () => true;
    connection.take();
    const stream = connection.open(GET);
    await new Promise((resolve) => stream.once('close', resolve));
    expect([session.destroyed, connection.taken]).toEqual([true, 0]);
  });

  it('is closed once it has been idle, and not while a stream is open or reserved', async () => {
    const { connection, session } = await openConnection({ pingEveryMs: 15, idleMs: 30 });
    connection.take();
    await soon(100);
    expect(connection.usable).toBe(true);
    connection.giveBack();
    await new Promise((resolve) => session.once('close', resolve));
    expect(connection.usable).toBe(false);
  });

  it('opens no stream after GOAWAY, while those that are open go on', async () => {
    const { connection, peer } = await openConnection();
    connection.take();
    const stream = connection.open(GET);
    await soon(20);
    peer.goaway(constants.NGHTTP2_NO_ERROR);
    await soon(20);
    expect([connection.usable, connection.free, stream.destroyed]).toEqual([false, 0, false]);
  });

  it('follows what the peer allows, and has no less than no room', async () => {
    const { connection, peer } = await openConnection();
    for (let i = 0; i < 3; i++) connection.take();
    peer.settings({ maxConcurrentStreams: 1 });
    await soon(20);
    expect(connection.free).toBe(0);
    for (let i = 0; i < 3; i++) connection.giveBack();
    expect(connection.free).toBe(1);
  });
});

describe('a pool of HTTP/2 connections', () => {
  it('refuses all that wait where the upstream cannot be reached, and asks it again for the next', async () => {
    const { cert } = await makeCertificate();
    const nobody = createTcpServer();
    const port = await listen(nobody);
    await new Promise((resolve) => nobody.close(resolve));
    const pool = createHttp2Pool({ port, host: '127.0.0.1', ca: cert }, TIMES, () => 0, collectFaults().reportFault);
    const all = [pool.reserve(), pool.reserve()];
    for (const { reason } of (await Promise.allSettled(all)) as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'ECONNREFUSED' });
    await expect(pool.reserve()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(pool.stats()).toEqual({ connections: 0, streams: 0 });
  });

  it('refuses where the certificate is not the upstream’s, or where nothing is said in time', async () => {
    const { reportFault } = collectFaults();
    const { port } = await openPool();
    const strange = createHttp2Pool({ port, host: '127.0.0.1' }, TIMES, () => 0, reportFault);
    await expect(strange.reserve()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const silent = { port: await listen(createTcpServer(() => {})), host: '127.0.0.1' };
    const late = createHttp2Pool(silent, { ...TIMES, connectMs: 50 }, () => 0, reportFault);
    await expect(late.reserve()).rejects.toThrow('connect timed out');
  });

  it('refuses those that wait with an error of our own, which would otherwise never be served', async () => {
    const { pool } = await openPool(1);
    const first = await pool.reserve();
    const waiting = pool.reserve();
    const { free } = Object.getOwnPropertyDescriptors(Http2Connection.prototype);
    Object.defineProperty(Http2Connection.prototype, 'free', { ...free, get: throwPlanted });
    first?.release();
    Object.defineProperty(Http2Connection.prototype, 'free', free);
    await expect(waiting).rejects.toMatchObject({ code: 'GATEHOUSE_FAULT', cause: expect.any(Planted) });
  });

  it('refuses where the upstream allows no streams', async () => {
    const { pool } = await openPool(0);
    await expect(pool.reserve()).rejects.toThrow('the upstream allows no streams');
  });

  it('gives no lease where the upstream speaks HTTP/1.1 only, and asks it again after ten minutes', async () => {
    const { pool, clock, connections } = await openPool(2, {}, ['http/1.1']);
    expect(await Promise.all([pool.reserve(), pool.reserve()])).toEqual([undefined, undefined]);
    expect(await pool.reserve()).toBeUndefined();
    expect(connections()).toBe(1);
    clock.nowMs = 10 * 60_000;
    expect(await pool.reserve()).toBeUndefined();
    expect(connections()).toBe(2);
  });

  it('opens a further connection only when all streams of the others are in use, and serves in order', async () => {
    const { pool, connections } = await openPool(2);
    const first = await pool.reserve();
    const second = await pool.reserve();
    expect(connections()).toBe(1);
    const third = pool.reserve();
    first?.release();
    expect(await third).toBeDefined();
    const fourth = await pool.reserve();
    await soon(20);
    expect(connections()).toBe(2);
    expect(pool.stats()).toEqual({ connections: 2, streams: 3 });
    second?.release();
    fourth?.release();
    expect(pool.stats().streams).toBe(1);
  });

  it('opens one connection for many that come at once, and returns each lease once its stream has closed', async () => {
    const { pool, connections } = await openPool(5);
    const leases = await Promise.all(Array.from({ length: 5 }, () => pool.reserve()));
    const streams = leases.map((lease) => lease?.open(GET));
    expect([connections(), pool.stats().streams]).toEqual([1, 5]);
    for (const stream of streams) stream?.close(constants.NGHTTP2_CANCEL);
    await soon(30);
    expect(pool.stats()).toEqual({ connections: 1, streams: 0 });
    expect((await pool.reserve())?.reused).toBe(true);
  });

  it('that is closed refuses those that wait and those that come, and closes a connection that comes late', async () => {
    const { pool, connections } = await openPool();
    const waiting = pool.reserve();
    await Promise.all([pool.close(), expect(waiting).rejects.toThrow('the cluster is closed')]);
    await expect(pool.reserve()).rejects.toThrow('the cluster is closed');
    await soon(50);
    expect([connections(), pool.stats().connections]).toEqual([1, 0]);
  });
});
