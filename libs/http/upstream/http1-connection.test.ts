import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { collectFaults, Planted, soon, stopAll, stopLater, throwPlanted, until } from '../testdata/fakes.ts';
import { Http1Connection, READ_BY_CONNECTION, type Connect } from './http1-connection.ts';
import type { PooledHandler } from './http1-pool.ts';

afterEach(stopAll);

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Notes what it gets; `ended` resolves with the error, or with undefined for a whole response. */
class Handler implements PooledHandler {
  readonly flow = 'alice';
  controller: Dispatcher.DispatchController | undefined;
  statusCode = 0;
  text = '';
  begun = false;
  ends = 0;
  readonly ended: Promise<{ code?: string; cause?: unknown; message: string } | undefined>;
  readonly #settle: (error: never) => void;
  constructor() {
    const { promise, resolve } = Promise.withResolvers<never>();
    this.ended = promise;
    this.#settle = resolve;
  }
  cutStalled(): void {}
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
  }
  onResponseStarted(): void {
    this.begun = true;
  }
  onResponseStart(_controller: unknown, statusCode: number): void {
    this.statusCode = statusCode;
  }
  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.text += chunk.toString('latin1');
  }
  onResponseEnd(): void {
    this.ends++;
    this.#settle(undefined as never);
  }
  onResponseError(_controller: unknown, error: Error): void {
    this.ends++;
    this.#settle(error as never);
  }
}

type Serve = (socket: Socket, request: string, nth: number) => void;

/** A connection to a server that answers each request with what `serve` does. */
async function open(serve: Serve, connectBy: (to: Connect) => Connect = (to) => to) {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) =>
      serve(socket, chunk.toString('latin1'), requests.push(chunk.toString('latin1'))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const near: Socket[] = [];
  stopLater(() => {
    for (const socket of [...sockets, ...near]) socket.destroy();
    server.close();
  });
  const toServer: Connect = (done) => {
    const socket = connect({ port, host: '127.0.0.1', ...READ_BY_CONNECTION });
    near.push(socket);
    socket.on('error', () => {});
    socket.once('connect', () => done(null, socket));
  };
  const { faults, reportFault } = collectFaults();
  const connection = new Http1Connection(connectBy(toServer), reportFault);
  const states: string[] = [];
  connection.on('connect', () => states.push('connect'));
  connection.on('disconnect', () => states.push('disconnect'));
  const send = (changes: Partial<Dispatcher.DispatchOptions> = {}, handler = new Handler()): Handler => {
    connection.dispatch({ method: 'GET', path: '/', headers: ['Host', 'up'], ...changes }, handler);
    return handler;
  };
  return { connection, send, requests, sockets, near, faults, states };
}

const serveOk: Serve = (socket) => void socket.write(OK);
const FAULT = { code: 'GATEHOUSE_FAULT', cause: expect.any(Planted) };

describe('a callback that throws', () => {
  it.each(['onRequestStart', 'onResponseStarted', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const)(
    '%s ends its request and the connection; the next request has a new one',
    async (name) => {
      const { send, faults, states } = await open(serveOk);
      const handler = new Handler();
      handler[name] = throwPlanted;
      send({}, handler);
      // A whole response has no error any more; its connection goes all the same.
      if (name === 'onResponseEnd') await soon(30);
      else expect(await handler.ended).toMatchObject(FAULT);
      expect(states).toEqual(['connect', 'disconnect']);
      expect(handler.ends).toBe(name === 'onResponseEnd' ? 0 : 1);
      const next = send();
      expect(await next.ended).toBeUndefined();
      expect([next.text, faults]).toEqual(['ok', []]);
    },
  );

  it('connecting ends its request', async () => {
    const { send, states } = await open(serveOk, () => throwPlanted);
    expect(await send().ended).toMatchObject(FAULT);
    expect(states).toEqual([]);
  });

  it('in onResponseError itself ends nothing else', async () => {
    const { send, connection, faults } = await open((socket) => void socket.write('HTTP/1.1 nonsense\r\n\r\n'));
    const handler = new Handler();
    handler.onResponseError = throwPlanted;
    send({}, handler);
    await soon(30);
    await connection.close();
    expect(faults).toEqual([]);
  });

  it('without a request under way is reported, and the connection goes', async () => {
    const { send, connection, faults, states } = await open(serveOk);
    await send().ended;
    connection.broke(new Planted());
    expect(faults).toEqual([{ where: 'a connection to an upstream', error: expect.any(Planted) }]);
    expect(states).toEqual(['connect', 'disconnect']);
  });
});

describe('a request that cannot be sent', () => {
  it.each([
    ['a line break in a header', { headers: ['Host', 'a\r\nX: b'] }],
    ['a character that is no byte', { headers: ['Host', 'ж'] }],
    ['a blank in its path', { path: '/a HTTP/1.1' }],
  ])('for %s fails, and nothing of it is sent', async (_what, changes) => {
    const { send, requests } = await open(serveOk);
    expect(await send(changes).ended).toMatchObject({ message: 'a header that cannot be sent' });
    await soon(10);
    expect(requests).toEqual([]);
  });

  it('because its handler aborts it at its start fails with that reason, and nothing of it is sent', async () => {
    const { send, requests, states } = await open(serveOk);
    const handler = new Handler();
    handler.onRequestStart = (controller) => controller.abort(new Error('over'));
    expect(await send({}, handler).ended).toMatchObject({ message: 'over' });
    await soon(10);
    expect([requests, states]).toEqual([[], ['connect', 'disconnect']]);
  });

  it('because the upstream cannot be reached fails with the error of the network', async () => {
    const { send } = await open(serveOk, () => (done) => done(new Error('refused'), null));
    expect(await send().ended).toMatchObject({ message: 'refused' });
  });
});

describe('a response', () => {
  it('that breaks off fails as one of a lost connection, with what was read of it before', async () => {
    const { send } = await open((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
    const handler = send();
    expect(await handler.ended).toMatchObject({ code: 'UND_ERR_SOCKET', socket: { bytesRead: 42 } });
    expect(handler.text).toBe('part');
  });

  it('without a length is not whole by a reset', async () => {
    const { send } = await open((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\npart');
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(await send().ended).toMatchObject({ code: 'UND_ERR_SOCKET', cause: { code: 'ECONNRESET' } });
  });

  it('that is late fails by its time-out: without a byte, in its body, and with a head that comes in drops', async () => {
    const silent = await open(() => {});
    expect(await silent.send({ headersTimeout: 30 }).ended).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    const stuck = await open((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
    expect(await stuck.send({ headersTimeout: 30 }).ended).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
    const dripping = await open((socket) => {
      const drip = setInterval(() => void socket.write('H'), 10);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await dripping.send({ headersTimeout: 60 }).ended).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('that its client does not read is no slowness of the upstream, which has its whole time again afterwards', async () => {
    const { send, sockets } = await open(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab'),
    );
    const handler = new Handler();
    handler.onResponseStart = () => handler.controller?.pause();
    send({ headersTimeout: 200 }, handler);
    await soon(300);
    handler.controller?.resume();
    await soon(130);
    sockets[0]?.write('cd');
    expect(await handler.ended).toBeUndefined();
    expect(handler.text).toBe('abcd');
  });

  it('that comes without a request ends the connection, and no later request gets it', async () => {
    const { send, states } = await open((socket, _request, nth) => {
      socket.write(OK);
      if (nth === 1) setTimeout(() => void socket.write(OK.replace('ok', 'no')), 10);
    });
    await send().ended;
    await soon(40);
    expect(states).toEqual(['connect', 'disconnect']);
    const next = send();
    await next.ended;
    expect(next.text).toBe('ok');
  });

  it('behind which bytes follow is whole, and the connection serves nobody else', async () => {
    const { send, states } = await open((socket) => void socket.write(`${OK}HTTP/1.1 200`));
    const handler = send();
    expect(await handler.ended).toBeUndefined();
    expect([handler.text, states]).toEqual(['ok', ['connect', 'disconnect']]);
  });
});

describe('a request that is over', () => {
  it('cannot end, pause or resume the one that came after it', async () => {
    const { send } = await open((socket, _request, nth) => void setTimeout(() => socket.write(OK), nth === 1 ? 0 : 30));
    const first = send();
    await first.ended;
    const second = send();
    first.controller?.abort(new Error('late'));
    first.controller?.pause();
    expect(await second.ended).toBeUndefined();
    expect([first.ends, second.text]).toEqual([1, 'ok']);
  });

  it('by abort has ended once, and its connection is closed', async () => {
    const { send, near, states } = await open((socket) => void socket.write(OK.slice(0, -1)));
    const handler = send();
    await until(() => handler.statusCode !== 0);
    handler.controller?.abort(new Error('over'));
    handler.controller?.abort(new Error('again'));
    expect(await handler.ended).toMatchObject({ message: 'over' });
    expect([handler.ends, near[0]?.destroyed, states]).toEqual([1, true, ['connect', 'disconnect']]);
  });

  it('leaves its connection to the next, which may come before its handler returns', async () => {
    const { send, states, requests } = await open(serveOk);
    const second = new Handler();
    const first = new Handler();
    const { onResponseEnd } = first;
    first.onResponseEnd = function (this: Handler) {
      onResponseEnd.call(this);
      send({ path: '/second' }, second);
    };
    send({ path: '/first' }, first);
    expect(await second.ended).toBeUndefined();
    expect([states, requests.length]).toEqual([['connect'], 2]);
  });
});

it('a connection that is closed lets its request end, and goes then', async () => {
  const { connection, send, states } = await open((socket) => void setTimeout(() => socket.write(OK), 30));
  const handler = send();
  const closed = connection.close();
  await closed;
  expect([handler.text, handler.ends, states]).toEqual(['ok', 1, ['connect', 'disconnect']]);
});

it('a connection is closed before the server closes it, by what its Keep-Alive says', async () => {
  const { send, states } = await open(
    (socket) => void socket.write(OK.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\n')),
  );
  await send().ended;
  expect(states).toEqual(['connect', 'disconnect']);
});
