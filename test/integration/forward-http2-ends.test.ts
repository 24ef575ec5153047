import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Exchange, type ClientResponse } from '#http';
import { createHttp2Pool } from '../../libs/http/upstream/http2-pool.ts';
import { Http2Sender } from '../../libs/http/upstream/http2-sender.ts';
import { answerOf, ask, open, until } from '../support/ask-gateway.ts';
import { startRawUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { answer, data, END_STREAM, goaway, reset, serveFrames } from '../support/http2-frames.ts';

/** Every way in which a stream can end, by frames that no well-behaved server would be made to send. */
const WATCH = '/clusters/raw/api/v1/pods?watch=1';
/** What the upstream does with the next requests, in order; `stream` counts 1, 3, 5 on each connection. */
type Act = (socket: TLSSocket, stream: number) => void;
let acts: Act[] = [];
let requests = 0;
const resets: number[] = [];
let upstream: TestUpstream;
let world: ForwardWorld;

beforeAll(async () => {
  upstream = await startRawUpstream({
    protocols: ['h2'],
    onConnection: (socket) =>
      serveFrames(socket, {
        onRequest(stream) {
          requests++;
          (acts.shift() ?? whole)(socket, stream);
        },
        onReset: (_stream, code) => resets.push(code),
      }),
  });
  world = await startForwardWorld({ raw: upstream });
});

beforeEach(() => {
  acts = [];
  requests = 0;
  resets.length = 0;
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

/** The response of a client that reads nothing. */
class StalledResponse extends EventEmitter {
  statusCode = 0;
  sendDate = false;
  shouldKeepAlive = true;
  headersSent = false;
  readonly destroyed = false;
  readonly socket = null;
  writeHead(statusCode: number): void {
    this.statusCode = statusCode;
    this.headersSent = true;
  }
  flushHeaders(): void {}
  write(): boolean {
    return false;
  }
}

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;

const whole: Act = (socket, stream) => socket.write(Buffer.concat([answer(stream), data(stream, 'whole', END_STREAM)]));
/** Half an answer, and then what is given. */
const half =
  (act: Act): Act =>
  (socket, stream) => {
    socket.write(Buffer.concat([answer(stream), data(stream, 'half')]));
    setTimeout(() => act(socket, stream), 50);
  };

describe('an answer that breaks off', () => {
  const ways: Record<string, Act> = {
    'a reset with NO_ERROR': (socket, stream) => socket.write(reset(stream, NO_ERROR)),
    'a reset with CANCEL': (socket, stream) => socket.write(reset(stream, CANCEL)),
    'a reset with INTERNAL_ERROR': (socket, stream) => socket.write(reset(stream, INTERNAL_ERROR)),
    'a reset with REFUSED_STREAM': (socket, stream) => socket.write(reset(stream, REFUSED_STREAM)),
    'the end of the connection': (socket) => socket.end(),
    'a lost connection': (socket) => socket.destroy(),
    'a GOAWAY with an error': (socket, stream) => socket.write(goaway(stream, ENHANCE_YOUR_CALM)),
    'a GOAWAY that leaves it out': (socket) => socket.write(goaway(0, NO_ERROR)),
  };
  it.each(Object.keys(ways))('by %s is never taken for a whole one, nor asked for again', async (name) => {
    acts = [half(ways[name] as Act)];
    const asked = await ask(world, WATCH);
    expect(asked.broken).toBeDefined();
    expect(asked.status).toBe(200);
    expect(String(asked.body)).toBe('half');
    expect(requests).toBe(1);
  });

  it('is whole where END_STREAM came, whatever comes after', async () => {
    acts = [
      half((socket, stream) => socket.end(Buffer.concat([data(stream, '+rest', END_STREAM), goaway(stream, CANCEL)]))),
    ];
    const asked = await ask(world, WATCH);
    expect([asked.broken, String(asked.body)]).toEqual([undefined, 'half+rest']);
  });

  it('is recorded as aborted by the upstream', async () => {
    const uri = `${WATCH}&this=1`;
    acts = [half((socket) => socket.destroy())];
    await ask(world, uri);
    await until(
      async () => (await world.records(uri))[0]?.annotations['gatehouse.dev/aborted'] === 'upstream',
      5000,
      'the record',
    );
  });
});

describe('a request without an answer', () => {
  it('is answered 502 and not sent again where the stream failed on a sound connection', async () => {
    acts = [(socket, stream) => socket.write(reset(stream, INTERNAL_ERROR)), whole];
    expect((await ask(world, WATCH)).status).toBe(502);
    expect(requests).toBe(1);
  });

  it('is not sent again where a new connection is lost', async () => {
    for (const { socket } of upstream.open()) socket.destroy();
    await until(() => upstream.open().length === 0, 5000, 'no connection left');
    acts = [(socket) => socket.destroy(), whole];
    expect((await ask(world, WATCH)).status).toBe(502);
    expect(requests).toBe(1);
  });

  it('is sent again, once, where a connection that had served is lost', async () => {
    acts = [whole, (socket) => socket.destroy(), whole];
    await ask(world, WATCH);
    const asked = await ask(world, WATCH);
    expect([asked.status, String(asked.body), requests]).toEqual([200, 'whole', 3]);
    acts = [(socket) => socket.destroy(), (socket) => socket.destroy(), whole];
    requests = 0;
    expect((await ask(world, WATCH)).status).toBe(502);
    expect(requests).toBe(2);
  });

  it('is sent again, once, where the server refused the stream, and both are counted', async () => {
    const uri = `${WATCH}&refused=1`;
    const refuse: Act = (socket, stream) => socket.write(reset(stream, REFUSED_STREAM));
    acts = [refuse, whole];
    expect((await ask(world, uri)).status).toBe(200);
    acts = [refuse, refuse, whole];
    expect((await ask(world, WATCH)).status).toBe(502);
    expect(requests).toBe(4);
    await until(
      async () => (await world.records(uri))[0]?.annotations['gatehouse.dev/upstream-requests'] === '2',
      5000,
      'the record',
    );
  });
});

describe('a connection', () => {
  it('takes no new streams after GOAWAY, and its open ones go on', async () => {
    let finish: (() => void) | undefined;
    acts = [
      half((socket, stream) => {
        socket.write(goaway(stream, NO_ERROR));
        finish = () => socket.write(data(stream, '+rest', END_STREAM));
      }),
    ];
    const connections = upstream.connections.length;
    const asked = ask(world, WATCH);
    await until(() => finish !== undefined, 5000, 'GOAWAY sent');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask(world, WATCH)).status).toBe(200);
    expect(upstream.connections.length).toBeGreaterThan(connections);
    finish?.();
    expect(String((await asked).body)).toBe('half+rest');
  });

  it('is told within a second that a client has left', async () => {
    acts = [half(() => {})];
    const request = open(world, WATCH);
    request.end();
    const answering = await answerOf(request);
    const left = performance.now();
    answering.destroy();
    await until(() => resets.length > 0, 5000, 'the reset');
    expect(resets).toEqual([CANCEL]);
    console.log(`client gone, upstream stream reset after ${Math.round(performance.now() - left)} ms`);
  });
});

it('a stream that has ended is returned where its reader stalls and then leaves', async () => {
  acts = [
    (socket, stream) => {
      socket.write(answer(stream));
      // Within the window of one stream: all of it is sent, and the stream closed, while nobody reads.
      for (let sent = 0; sent < 12; sent++) socket.write(data(stream, 'x'.repeat(16_000)));
      setTimeout(() => socket.write(data(stream, 'last', END_STREAM)), 50);
    },
  ];
  const other = await startRawUpstream({
    protocols: ['h2'],
    onConnection: (socket) => serveFrames(socket, { onRequest: (stream) => acts.shift()?.(socket, stream) }),
  });
  const pool = createHttp2Pool(
    { host: '127.0.0.1', port: other.port, ca: other.caPem },
    { connectMs: 1000, pingEveryMs: 1000, pingAnswerMs: 1000, idleMs: 60_000 },
    Date.now,
    () => {},
  );
  const client = new StalledResponse();
  const exchange = new Exchange(
    {
      upstream: 'a cluster',
      method: 'GET',
      path: '/',
      headers: ['Host', 'x'],
      body: undefined,
      maxBodyBytes: Infinity,
      flow: 'alice',
      kind: 'shared',
      times: { shortRequestMs: 1000, stalledReaderMs: 1000, stalledStreamMs: 1000 },
    },
    { head: () => [], trailers: () => [] },
    client as unknown as ClientResponse,
  );
  await new Http2Sender(exchange, pool.reserve, () => {}).send();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(pool.stats().streams).toBe(1);
  client.emit('close');
  expect((await exchange.outcome).aborted).toBe('client');
  await until(() => pool.stats().streams === 0, 2000, 'the stream returned');
  await pool.close();
  await other.stop();
});

describe('a half-open upstream', () => {
  it('is noticed by pings that nobody answers', async () => {
    const silent = await startRawUpstream({
      protocols: ['h2'],
      onConnection: (socket) => serveFrames(socket, { answersPings: false, onRequest: () => {} }),
    });
    const pool = createHttp2Pool(
      { host: '127.0.0.1', port: silent.port, ca: silent.caPem },
      { connectMs: 1000, pingEveryMs: 50, pingAnswerMs: 100, idleMs: 60_000 },
      Date.now,
      () => {},
    );
    const place = await pool.reserve();
    const stream = place?.open([':method', 'GET', ':scheme', 'https', ':authority', 'x', ':path', '/']);
    stream?.on('error', () => {});
    await new Promise((resolve) => stream?.once('close', resolve));
    expect(place?.usable).toBe(false);
    await pool.close();
    await silent.stop();
  });

  it('is noticed where it says nothing at all, within the time for connecting', async () => {
    const dumb = await startRawUpstream({ protocols: ['h2'], onConnection: () => {} });
    const pool = createHttp2Pool(
      { host: '127.0.0.1', port: dumb.port, ca: dumb.caPem },
      { connectMs: 200, pingEveryMs: 50, pingAnswerMs: 100, idleMs: 60_000 },
      Date.now,
      () => {},
    );
    await expect(pool.reserve()).rejects.toThrow(/timed out/);
    await pool.close();
    await dumb.stop();
  });

  it('is left alone while it answers, and closed once it has been idle', async () => {
    const sound = await startRawUpstream({
      protocols: ['h2'],
      onConnection: (socket) => serveFrames(socket, { onRequest: () => {} }),
    });
    const pool = createHttp2Pool(
      { host: '127.0.0.1', port: sound.port, ca: sound.caPem },
      { connectMs: 1000, pingEveryMs: 20, pingAnswerMs: 100, idleMs: 100 },
      Date.now,
      () => {},
    );
    const place = await pool.reserve();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(place?.usable).toBe(true);
    place?.release();
    await until(() => sound.open().length === 0, 5000, 'the idle connection closed');
    await pool.close();
    await sound.stop();
  });
});
