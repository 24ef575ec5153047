import { describe, expect, it } from 'vitest';
import {
  collectFaults,
  CUT,
  nextTurn,
  Planted,
  REFUSED,
  soon,
  startExchange,
  throwPlanted,
} from '../testdata/fakes.ts';
import { FakeClient, FakeController, LIMITS, openPool } from '../testdata/fake-sending.ts';
import { Http1Pool, type RequestPool } from './http1-pool.ts';
import { Http1Sender } from './http1-sender.ts';

const lostConnection = (bytesRead: number): Error =>
  Object.assign(new Error('lost'), { code: 'UND_ERR_SOCKET', socket: { bytesRead } });

describe('a callback that throws', () => {
  it('at the start of the request refuses the exchange; its request is aborted and its slot is free', async () => {
    const { send, controllers, isSlotFree } = openPool();
    const { exchange, sender } = send();
    Object.defineProperty(exchange, 'upstreamRequests', { get: () => 0, set: throwPlanted });
    const [controller] = controllers() as [FakeController];
    sender.onRequestStart(controller);
    expect(await exchange.outcome).toMatchObject(REFUSED);
    expect(controller.aborted).toBe(true);
    expect(isSlotFree()).toBe(true);
  });

  it('at the head refuses the exchange; its request is aborted and its slot is free', async () => {
    const { begin, isSlotFree } = openPool();
    const { exchange, sender, controller } = begin({}, { head: throwPlanted });
    sender.onResponseStart(controller, 200);
    expect(await exchange.outcome).toMatchObject(REFUSED);
    expect(controller.calls).toEqual(['abort']);
    expect(isSlotFree()).toBe(true);
  });

  it('in the body cuts the client; its request is aborted and its slot is free', async () => {
    const { begin, isSlotFree } = openPool();
    const { exchange, response, sender, controller } = begin();
    sender.onResponseStart(controller, 200);
    response.write = throwPlanted;
    sender.onResponseData(controller, Buffer.from('body'));
    expect(await exchange.outcome).toMatchObject(CUT);
    expect(controller.calls).toEqual(['abort']);
    expect(isSlotFree()).toBe(true);
  });

  it('returns the slot although the abort that follows throws too', async () => {
    const { begin, isSlotFree } = openPool();
    const { exchange, sender, controller } = begin({}, { head: throwPlanted });
    controller.abort = throwPlanted;
    sender.onResponseStart(controller, 200);
    expect(await exchange.outcome).toMatchObject(REFUSED);
    expect(isSlotFree()).toBe(true);
  });

  it('at the end cuts the client, while the connection serves on', async () => {
    const { begin, isSlotFree } = openPool();
    const { exchange, sender, controller } = begin({}, { trailers: throwPlanted });
    sender.onResponseStart(controller, 200);
    controller.rawTrailers = ['Checksum', '1'];
    sender.onResponseEnd(controller);
    expect(isSlotFree()).toBe(true);
    expect(await exchange.outcome).toMatchObject(CUT);
  });

  it('where the upstream failed refuses the exchange with that error', async () => {
    const { begin, isSlotFree } = openPool();
    const { exchange, sender, controller } = begin();
    exchange.failUpstream = throwPlanted;
    sender.onResponseError(controller, new Error('lost'));
    expect(await exchange.outcome).toMatchObject(REFUSED);
    expect(isSlotFree()).toBe(true);
  });

  it('does not end the exchange beside it', async () => {
    const { begin } = openPool();
    const broken = begin({}, { head: throwPlanted });
    const other = begin();
    broken.sender.onResponseStart(broken.controller, 200);
    other.sender.onResponseStart(other.controller, 200);
    other.sender.onResponseEnd(other.controller);
    expect(await other.exchange.outcome).toMatchObject({ statusCode: 200 });
  });
});

describe('a cancelled request', () => {
  it('that waits for a connection is never sent', async () => {
    const { clients, controllers, send, begin } = openPool();
    const first = Array.from({ length: 12 }, () => begin());
    const waiting = send();
    waiting.exchange.abort('draining');
    expect(await waiting.exchange.outcome).toMatchObject({ refusal: { code: 'draining' }, upstreamRequests: 0 });
    for (const { sender, controller } of first) sender.onResponseEnd(controller);
    expect([clients.length, controllers().length]).toEqual([12, 12]);
  });

  it('whose connection is still being opened is aborted before a byte of it is sent', async () => {
    const { send, controllers, isSlotFree } = openPool();
    const { exchange, sender } = send();
    exchange.abort('draining');
    const [controller] = controllers() as [FakeController];
    sender.onRequestStart(controller);
    expect(controller.calls).toEqual(['abort']);
    expect(await exchange.outcome).toMatchObject({ upstreamRequests: 0 });
    expect(isSlotFree()).toBe(true);
  });

  it('that is to be sent again after its connection was lost is not', async () => {
    const { begin, controllers } = openPool();
    const { exchange, sender, controller } = begin();
    sender.onResponseError(controller, lostConnection(100));
    exchange.abort('draining');
    const [, second] = controllers() as [FakeController, FakeController];
    sender.onRequestStart(second);
    expect(second.calls).toEqual(['abort']);
    expect(await exchange.outcome).toMatchObject({ upstreamRequests: 1 });
  });

  it('that is under way is aborted upstream, and what comes of it afterwards has no effect', async () => {
    const { begin } = openPool();
    const { exchange, socket, sender, controller } = begin();
    exchange.abort('draining');
    sender.onResponseStart(controller, 200);
    sender.onResponseData(controller, Buffer.from('late'));
    sender.onResponseEnd(controller);
    await nextTurn();
    expect(controller.calls).toEqual(['abort']);
    expect(socket.received).toBe('');
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'draining' }, bytesOut: 0 });
  });
});

describe('a request whose connection is lost', () => {
  it.each([
    ['that was new', {}, 0, false],
    ['that had served before, for a write', { method: 'DELETE' }, 100, false],
    ['that had served before, behind the first byte of the response', {}, 100, true],
  ])('%s is not sent again', async (_what, changes, bytesRead, begun) => {
    const { begin, controllers } = openPool();
    const { exchange, sender, controller } = begin(changes);
    if (begun) sender.onResponseStarted();
    sender.onResponseError(controller, lostConnection(bytesRead));
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'upstreamUnavailable' }, upstreamRequests: 1 });
    expect(controllers()).toHaveLength(1);
  });

  it('that had served before is sent again, once', async () => {
    const { begin, controllers } = openPool();
    const { exchange, sender, controller } = begin();
    sender.onResponseError(controller, lostConnection(100));
    expect(exchange.finished).toBe(false);
    const [, second] = controllers() as [FakeController, FakeController];
    sender.onRequestStart(second);
    sender.onResponseError(second, lostConnection(100));
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'upstreamUnavailable' }, upstreamRequests: 2 });
    expect(controllers()).toHaveLength(2);
  });

  it('when the exchange is over is not sent again', () => {
    const { begin, controllers } = openPool();
    const { exchange, sender, controller } = begin();
    controller.abort = () => {};
    exchange.abort('draining');
    sender.onResponseError(controller, lostConnection(100));
    expect(controllers()).toHaveLength(1);
  });
});

describe('a request that waits for a connection', () => {
  it('longer than it may is refused, and not sent afterwards', async () => {
    const { send, begin, controllers } = openPool();
    const first = Array.from({ length: 12 }, () => begin());
    const times = { shortRequestMs: 30, stalledReaderMs: 5000, stalledStreamMs: 5000 };
    const { exchange } = send({ times });
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'upstreamTimeout' }, upstreamRequests: 0 });
    first[0]?.sender.onResponseEnd(first[0].controller);
    expect(controllers()).toHaveLength(12);
  });

  it('has no such limit any more once it is sent', async () => {
    const { send, begin, controllers } = openPool();
    const [first] = Array.from({ length: 12 }, () => begin());
    const times = { shortRequestMs: 30, stalledReaderMs: 5000, stalledStreamMs: 5000 };
    const { exchange, sender } = send({ times });
    first?.sender.onResponseEnd(first.controller);
    sender.onRequestStart(controllers().at(-1) as FakeController);
    await soon(60);
    expect(exchange.finished).toBe(false);
  });
});

describe('a client that holds up its connection', () => {
  const stalledPool = () => {
    const noted: string[] = [];
    const pool: RequestPool = {
      dispatch: () => true,
      done() {},
      cancel: () => false,
      stalled: () => void noted.push('stalled'),
      resumed: () => void noted.push('resumed'),
    };
    return { noted, pool };
  };

  it('is noted while it does not read, and cut when others wait', async () => {
    const { noted, pool } = stalledPool();
    const { exchange, socket } = startExchange();
    const sender = new Http1Sender(exchange, pool, undefined);
    sender.send();
    const controller = new FakeController(sender);
    sender.onRequestStart(controller);
    sender.onResponseStart(controller, 200);
    sender.pause();
    sender.resume();
    expect(noted).toEqual(['stalled', 'resumed']);
    sender.cutStalled(10_000);
    expect(await exchange.outcome).toMatchObject({
      aborted: 'client',
      cause: { message: 'the client read nothing for 10 s' },
    });
    expect([socket.wasReset, controller.aborted]).toEqual([true, true]);
  });

  it('is refused before a response, for a body that does not come', async () => {
    const { pool } = stalledPool();
    const { exchange } = startExchange({ method: 'POST' });
    const sender = new Http1Sender(exchange, pool, undefined);
    sender.send();
    sender.cutStalled(10_000);
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'requestTimeout' } });
  });
});

it('a request that the pool refuses because too many wait is a 429, and keeps no timer', async () => {
  const clients: FakeClient[] = [];
  const pool = new Http1Pool(
    () => clients[clients.push(new FakeClient()) - 1] as FakeClient,
    { ...LIMITS, maxWaiting: 1 },
    collectFaults().reportFault,
  );
  const started = Array.from({ length: 14 }, () => {
    const { exchange } = startExchange({ times: { shortRequestMs: 40, stalledReaderMs: 5000, stalledStreamMs: 5000 } });
    new Http1Sender(exchange, pool, undefined).send();
    return exchange;
  });
  expect(await started[13]?.outcome).toMatchObject({
    refusal: {
      code: 'tooManyRequests',
      message: 'too many requests wait for a connection to cluster "demo"; try again later',
    },
    upstreamRequests: 0,
  });
  expect(await started[12]?.outcome).toMatchObject({
    refusal: { code: 'upstreamTimeout', message: 'no connection to cluster "demo" was free in time' },
  });
});

it('headers and trailers have one character a byte, whether they come as bytes or as text', async () => {
  const { begin } = openPool();
  const seen: (readonly string[])[] = [];
  const rules = {
    head: (_statusCode: number, raw: readonly string[]) => (seen.push(raw), [...raw]),
    trailers: (raw: readonly string[]) => (seen.push(raw), []),
  };
  const { exchange, sender, controller } = begin({}, rules);
  controller.rawHeaders = [Buffer.from('X-Name'), Buffer.from([0xe9])];
  controller.rawTrailers = ['X-Sum', 'é'];
  sender.onResponseStart(controller, 103);
  sender.onResponseStart(controller, 200);
  sender.onResponseEnd(controller);
  await exchange.outcome;
  expect(seen).toEqual([
    ['X-Name', 'é'],
    ['X-Sum', 'é'],
  ]);
});

it('an error that the pool throws ends the exchange as soon as its caller breaks it', async () => {
  const { exchange } = startExchange();
  const pool = new Http1Pool(throwPlanted, LIMITS, collectFaults().reportFault);
  expect(() => new Http1Sender(exchange, pool, undefined).send()).toThrow(Planted);
  exchange.broke(new Planted());
  expect(await exchange.outcome).toMatchObject(REFUSED);
  expect(pool.waiting).toBe(0);
});
