import {
  connect,
  createServer,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  collectFaults,
  CUT,
  Planted,
  REFUSED,
  soon,
  startExchange,
  stopAll,
  stopLater,
  throwPlanted,
  until,
} from '../testdata/fakes.ts';
import { Http2Connection } from './http2-connection.ts';
import type { StreamLease } from './http2-pool.ts';
import { Http2Sender } from './http2-sender.ts';

afterEach(stopAll);

const TIMES = { connectMs: 5000, pingEveryMs: 60_000, pingAnswerMs: 5000, idleMs: 60_000 };

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, nth: number) => void;

/** Connections to a server that speaks HTTP/2 without TLS, from which leases are reserved. */
async function open(serve: Serve) {
  let streams = 0;
  const server = createServer();
  const seen: IncomingHttpHeaders[] = [];
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    seen.push(headers);
    serve(stream, headers, ++streams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sessions: ClientHttp2Session[] = [];
  const { faults, reportFault } = collectFaults();
  const connections: Http2Connection[] = [];
  const connectAgain = async (): Promise<Http2Connection> => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    sessions.push(session);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const connection = new Http2Connection(session, TIMES, () => {}, reportFault);
    connections.push(connection);
    return connection;
  };
  stopLater(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  await connectAgain();
  /** As the pool does it: the first connection that has room. */
  const reserve = async (): Promise<StreamLease> => {
    const connection = connections.find(({ free }) => free > 0) ?? (await connectAgain());
    connection.take();
    return {
      reused: connection.reused,
      get usable() {
        return connection.usable;
      },
      open: (headers) => connection.open(headers),
      release: () => connection.giveBack(),
    };
  };
  const send = (...[changes, rules]: Parameters<typeof startExchange>) => {
    const started = startExchange({ kind: 'shared', ...changes }, rules);
    const sender = new Http2Sender(started.exchange, reserve, throwPlanted);
    return { ...started, sender, sent: sender.send() };
  };
  const taken = (): number => connections.reduce((sum, connection) => sum + connection.taken, 0);
  return { send, seen, sessions, connections, taken, faults };
}

const respondOk: Serve = (stream) => {
  stream.respond({ ':status': 200 });
  stream.end('ok');
};

describe('a callback that throws', () => {
  it('at the head refuses the exchange, and its stream is given back', async () => {
    const { send, taken, sessions, faults } = await open((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('a watch');
    });
    const { exchange } = send({}, { head: throwPlanted });
    expect(await exchange.outcome).toMatchObject(REFUSED);
    await soon(20);
    expect([taken(), sessions[0]?.destroyed, faults]).toEqual([0, false, []]);
  });

  it('in the body cuts the client and its stream; the stream beside it goes on', async () => {
    const ends: (() => void)[] = [];
    const { send, taken } = await open((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('first');
      ends.push(() => stream.end(' and last'));
    });
    const broken = send();
    const other = send();
    broken.response.write = throwPlanted;
    expect(await broken.exchange.outcome).toMatchObject(CUT);
    expect(broken.socket.destroyed).toBe(true);
    await until(() => taken() === 1 && ends.length === 2);
    for (const end of ends) end();
    expect(await other.exchange.outcome).toMatchObject({ statusCode: 200, bytesOut: 14 });
    await soon(20);
    expect(taken()).toBe(0);
  });

  it('at the end, or when the stream fails, ends the exchange with its cause', async () => {
    const { send, taken } = await open((stream, headers) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ checksum: '1' }));
      if (headers[':path'] === '/fails') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else stream.end();
    });
    const atEnd = send({}, { trailers: throwPlanted });
    expect(await atEnd.exchange.outcome).toMatchObject(CUT);
    const failing = send({ path: '/fails' });
    failing.exchange.failUpstream = throwPlanted;
    expect(await failing.exchange.outcome).toMatchObject({ cause: expect.any(Planted) });
    await soon(10);
    expect(taken()).toBe(0);
  });

  it('while a stream is reserved or opened refuses the exchange', async () => {
    const lease = { reused: false, usable: true, release() {}, open: throwPlanted };
    const cases = [() => Promise.resolve(lease), () => Promise.reject(new Error('refused'))];
    const [atOpen, atReserve] = cases.map(async (reserve) => {
      const { exchange } = startExchange({ kind: 'shared' });
      await new Http2Sender(exchange, reserve, throwPlanted).send();
      return exchange.outcome;
    });
    expect(await atOpen).toMatchObject({ refusal: { code: 'upstreamUnavailable' }, cause: expect.any(Planted) });
    expect(await atReserve).toMatchObject({ refusal: { code: 'upstreamUnavailable' } });
    const { exchange } = startExchange({ kind: 'shared' });
    await new Http2Sender(exchange, () => Promise.resolve(undefined), throwPlanted).send();
    expect(await exchange.outcome).toMatchObject(REFUSED);
  });
});

describe('a cancelled request', () => {
  it('that waits for a stream is never sent, and its lease is given back', async () => {
    const { send, seen, taken } = await open(respondOk);
    const { exchange, sent } = send();
    exchange.abort('draining');
    await sent;
    await soon(20);
    expect([seen, taken()]).toEqual([[], 0]);
  });

  it('that is under way is reset with CANCEL, and what comes of it afterwards has no effect', async () => {
    let code: number | undefined;
    const { send, taken } = await open((stream) => {
      stream.once('close', () => (code = stream.rstCode));
      stream.respond({ ':status': 200 });
      stream.write('a watch');
    });
    const { exchange, socket } = send();
    await until(() => exchange.responded);
    exchange.abort('draining');
    expect(await exchange.outcome).toMatchObject({ aborted: 'gateway', abortCode: 'draining' });
    await soon(30);
    expect([code, taken(), socket.wasReset]).toEqual([constants.NGHTTP2_CANCEL, 0, true]);
  });
});

describe('a stream without a response', () => {
  it('that the server refused is sent again once, and not a second time', async () => {
    const { send, seen, taken } = await open((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const { exchange } = send();
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'upstreamUnavailable' }, upstreamRequests: 2 });
    expect([seen.length, taken()]).toEqual([2, 0]);
  });

  it('is not sent again where it failed on a sound connection, nor where that was new when it was lost', async () => {
    const failing = await open((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    expect(await failing.send().exchange.outcome).toMatchObject({ upstreamRequests: 1 });
    const lost = await open((stream) => stream.session?.destroy());
    expect(await lost.send().exchange.outcome).toMatchObject({
      refusal: { code: 'upstreamUnavailable' },
      upstreamRequests: 1,
    });
  });

  it('is sent again where a connection that had served is lost, unless the exchange is over by then', async () => {
    const serve: Serve = (stream, headers, nth) => {
      if (headers[':path'] === '/lost' && nth < 3) stream.session?.destroy();
      else respondOk(stream, headers, nth);
    };
    const first = await open(serve);
    await first.send().exchange.outcome;
    expect(await first.send({ path: '/lost' }).exchange.outcome).toMatchObject({
      statusCode: 200,
      upstreamRequests: 2,
    });
    const second = await open((stream, headers, nth) => {
      if (headers[':path'] !== '/lost') respondOk(stream, headers, nth);
    });
    await second.send().exchange.outcome;
    const { exchange } = second.send({ path: '/lost' });
    await until(() => second.seen.length >= 2);
    exchange.abort('draining');
    second.sessions[0]?.destroy();
    await soon(20);
    expect([second.seen.length, second.taken()]).toEqual([2, 0]);
  });
});

it('a response whose connection is lost is not taken for whole', async () => {
  const { send } = await open((stream) => {
    stream.respond({ ':status': 200 });
    stream.write('half', () => setTimeout(() => stream.session?.destroy(), 20));
  });
  const { exchange, socket } = send();
  expect(await exchange.outcome).toMatchObject({ aborted: 'upstream', bytesOut: 4 });
  expect(socket.received).not.toContain('0\r\n\r\n');
});

it('an upstream that speaks no HTTP/2 gets the request over HTTP/1.1', async () => {
  const { exchange } = startExchange({ kind: 'shared' });
  const sent: unknown[] = [];
  await new Http2Sender(
    exchange,
    () => Promise.resolve(undefined),
    (given) => void sent.push(given),
  ).send();
  expect(sent).toEqual([exchange]);
});

it('pause and resume reach the stream of an exchange, and nothing before there is one', async () => {
  const { send } = await open(respondOk);
  const { exchange, sender } = send();
  sender.pause();
  sender.resume();
  sender.cancel();
  expect(await exchange.outcome).toMatchObject({ statusCode: 200, bytesOut: 2 });
});
