import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ClientResponse, PlainRequest } from '../messages.ts';
import { collectFaults, HeldSocket, nextTurn, Planted, throwPlanted } from '../testdata/fakes.ts';
import { PlainConnection, type PlainConnectionPorts } from './plain-connection.ts';

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: gate\r\n${more}\r\n`;

function respond(response: ClientResponse, body: string): void {
  response.sendDate = false;
  response.writeHead(200, 'OK', ['Content-Length', String(body.length)]);
  response.end(body, 'latin1');
}

/** A connection whose requests wait in `requests` until the test responds to them. */
function open(changes: Partial<PlainConnectionPorts> = {}) {
  const socket = new HeldSocket();
  socket.reads = true;
  const clock = { nowMs: 0 };
  const requests: { request: PlainRequest; response: ClientResponse }[] = [];
  const handedOver: HeldSocket[] = [];
  const { faults, reportFault } = collectFaults();
  const connection = new PlainConnection(socket as unknown as Socket, {
    takes: (target) => target.startsWith('/api'),
    onRequest: (request, response) => void requests.push({ request, response }),
    onLost() {},
    handOver: (given) => void handedOver.push(given as unknown as HeldSocket),
    now: () => clock.nowMs,
    reportFault,
    keepAliveLines: 'Connection: keep-alive\r\n',
    ...changes,
  });
  /** As the client sends it. */
  const send = async (text: string): Promise<void> => {
    socket.push(text);
    await nextTurn();
  };
  const targets = (): string[] => requests.map(({ request }) => request.url);
  return { connection, socket, clock, requests, targets, handedOver, faults, send };
}

const FAULT = { where: 'a client’s connection', error: expect.any(Planted) };

describe('a callback that throws', () => {
  it.each([
    ['judging a target', { takes: throwPlanted }, get('/api')],
    ['taking a request', { onRequest: throwPlanted }, get('/api')],
    ['taking over the connection', { handOver: throwPlanted }, get('/other')],
  ])('%s ends its connection and is reported; the one beside it goes on', async (_when, changes, sent) => {
    const { socket, faults, send } = open(changes);
    const other = open();
    await send(sent);
    expect([socket.destroyed, faults]).toEqual([true, [FAULT]]);
    await other.send(get('/api'));
    expect(other.targets()).toEqual(['/api']);
  });

  it.each(['drain', 'close'] as const)('on %s of a response ends its connection and is reported', async (event) => {
    const { socket, requests, faults, send } = open();
    await send(get('/api'));
    requests[0]?.response.once(event, throwPlanted);
    if (event === 'drain') socket.emit('drain');
    else socket.destroy();
    await nextTurn();
    expect([socket.destroyed, faults]).toEqual([true, [FAULT]]);
  });

  it('for a request that waited ends its connection and is reported', async () => {
    let served = 0;
    const { socket, faults, send } = open({
      onRequest: (_request, response) => (++served === 1 ? respond(response, 'first') : throwPlanted()),
    });
    await send(get('/api/1') + get('/api/2'));
    await nextTurn();
    expect([served, socket.destroyed, faults]).toEqual([2, true, [FAULT]]);
  });
});

describe('a client that leaves', () => {
  it('with an error ends its connection, and no fault is reported', async () => {
    const { socket, faults } = open();
    socket.destroy(new Error('ECONNRESET'));
    await nextTurn();
    expect(faults).toEqual([]);
  });

  it('during a response has its response destroyed, of which nothing is written any more', async () => {
    const { socket, requests, send } = open();
    await send(get('/api'));
    const response = requests[0]?.response as ClientResponse;
    let closes = 0;
    response.once('close', () => closes++);
    socket.destroy();
    await nextTurn();
    expect([response.destroyed, closes, response.write(Buffer.from('late'))]).toEqual([true, 1, false]);
    respond(response, 'late');
    expect(socket.received).toBe('');
  });

  it('with a request that waits has that dropped', async () => {
    const { socket, requests, targets, send } = open();
    await send(get('/api/1') + get('/api/2'));
    socket.destroy();
    respond(requests[0]?.response as ClientResponse, 'first');
    await nextTurn();
    expect(targets()).toEqual(['/api/1']);
  });

  it('by closing its side has ours closed too', async () => {
    const { socket } = open();
    socket.push(null);
    await nextTurn();
    expect(socket.writableEnded).toBe(true);
  });
});

describe('a connection that is being closed', () => {
  it('ends at once where it is idle, and reads no request that comes all the same', async () => {
    const { connection, socket, targets, send } = open();
    connection.close();
    await send(get('/api'));
    expect([socket.writableEnded, targets()]).toEqual([true, []]);
  });

  it('ends behind the response that is under way, which says so, and drops what waits', async () => {
    const { connection, socket, requests, targets, send } = open();
    await send(get('/api/1') + get('/api/2'));
    connection.close();
    expect(socket.writableEnded).toBe(false);
    respond(requests[0]?.response as ClientResponse, 'one');
    await nextTurn();
    expect(socket.received).toBe('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\none');
    expect([socket.writableEnded, targets()]).toEqual([true, ['/api/1']]);
  });

  it('leaves one alone that has been handed over', async () => {
    const { connection, socket, handedOver, send } = open();
    await send(get('/other'));
    connection.close();
    expect([handedOver.length, socket.writableEnded]).toEqual([1, false]);
  });
});

describe('a response', () => {
  it('that has ended has no further effect on its connection', async () => {
    const { socket, requests, targets, send } = open();
    await send(get('/api/1'));
    const first = requests[0]?.response as ClientResponse;
    respond(first, 'one');
    await send(get('/api/2'));
    first.end('again', 'latin1');
    first.write(Buffer.from('again'));
    await send(get('/api/3'));
    expect(targets()).toEqual(['/api/1', '/api/2']);
    respond(requests[1]?.response as ClientResponse, 'two');
    await nextTurn();
    expect(targets()).toEqual(['/api/1', '/api/2', '/api/3']);
    expect(socket.received).not.toContain('again');
  });

  it('that its client does not read holds the next request back', async () => {
    const { socket, requests, targets, send } = open();
    await send(get('/api/1'));
    socket.reads = false;
    respond(requests[0]?.response as ClientResponse, 'x'.repeat(100_000));
    await send(get('/api/2'));
    expect(targets()).toEqual(['/api/1']);
    socket.reads = true;
    socket.takeOne();
    await nextTurn();
    expect(targets()).toEqual(['/api/1', '/api/2']);
  });
});

describe('what comes while a response is under way', () => {
  it('is read up to 64 KiB, and then no further until it is served', async () => {
    const { socket, requests, send } = open();
    await send(get('/api/1'));
    await send(get('/api/2', `X-Pad: ${'x'.repeat(15_000)}\r\n`).repeat(4));
    expect(socket.isPaused()).toBe(false);
    await send(get('/api/3', `X-Pad: ${'x'.repeat(15_000)}\r\n`));
    expect(socket.isPaused()).toBe(true);
    respond(requests[0]?.response as ClientResponse, 'one');
    await nextTurn();
    expect([requests.length, socket.isPaused()]).toEqual([2, false]);
  });

  it('goes, whole and in order, to Node’s server where it is not plain, on a socket that flows', async () => {
    const { socket, requests, handedOver, send } = open();
    const post = `POST /api/2 HTTP/1.1\r\nHost: gate\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(90_000)}`;
    let given = '';
    await send(get('/api/1'));
    await send(post);
    expect(socket.isPaused()).toBe(true);
    socket.push('behind');
    socket.prependListener('data', (chunk: Buffer) => {
      if (handedOver.length > 0) given += chunk.toString('latin1');
    });
    respond(requests[0]?.response as ClientResponse, 'one');
    await nextTurn();
    await nextTurn();
    expect(given).toBe(`${post}behind`);
    expect([handedOver.length, socket.isPaused()]).toEqual([1, false]);
  });
});

it('a connection that is handed over keeps only our error listener, until Node’s server has its own', async () => {
  const socketsAt: Record<string, number[]> = {};
  const events = ['data', 'end', 'drain', 'close', 'error'];
  const { socket, send, faults } = open({
    handOver: (given) => {
      socketsAt['given'] = events.map((event) => given.listenerCount(event));
      given.on('error', () => {});
    },
  });
  const before = new HeldSocket();
  await send(get('/other'));
  expect(socketsAt['given']).toEqual(events.map((event) => before.listenerCount(event) + (event === 'error' ? 1 : 0)));
  expect([socket.listenerCount('error'), faults]).toEqual([1, []]);
});

it('a connection is idle since its last response was read, and not while one is under way', async () => {
  const { connection, socket, clock, requests, send } = open();
  expect([connection.asked, connection.idleMs(50)]).toEqual([false, 50]);
  await send(get('/api'));
  expect([connection.asked, connection.idleMs(80)]).toEqual([true, undefined]);
  clock.nowMs = 100;
  socket.reads = false;
  respond(requests[0]?.response as ClientResponse, 'body');
  expect(connection.idleMs(150)).toBe(0);
  expect(connection.idleMs(180)).toBe(30);
  socket.takeOne();
  expect(connection.idleMs(200)).toBe(0);
  await send(get('/other'));
  expect(connection.idleMs(300)).toBeUndefined();
});
