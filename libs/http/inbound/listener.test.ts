import { connect as connectHttps } from 'node:tls';
import { connect, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientResponse } from '../messages.ts';
import { makeCertificate } from '../testdata/certificate.ts';
import { collectFaults, Planted, readAll, stopAll, stopLater, throwPlanted, until } from '../testdata/fakes.ts';
import { openListener, type ListenerOptions, type RequestHandlers } from './listener.ts';

afterEach(stopAll);

const UPGRADE = 'GET /exec HTTP/1.1\r\nHost: gate\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: gate\r\n\r\n`;
const post = (target: string): string => `POST ${target} HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n\r\n`;

function respondOk(_request: unknown, response: ClientResponse): void {
  response.writeHead(200, 'OK', ['Content-Length', '2']);
  response.end('ok', 'latin1');
}

async function open(changes: Partial<RequestHandlers> = {}, options: Partial<ListenerOptions> = {}) {
  const { faults, reportFault } = collectFaults();
  const listener = await openListener(
    {
      host: '127.0.0.1',
      port: 0,
      shared: false,
      keyPair: undefined,
      headersSeconds: 30,
      idleConnectionSeconds: 60,
      ownHttp1: true,
      onConnection() {},
      onAcceptError() {},
      reportFault,
      ...options,
    },
    {
      takesPlain: () => true,
      onPlain: respondOk,
      onRequest: respondOk,
      onLost() {},
      onUpgrade: (_request, socket) => void socket.destroy(),
      onConnect: (_request, socket) => void socket.destroy(),
      onClientError: (_error, socket) => void socket.destroy(),
      ...changes,
    },
  );
  stopLater(() => void listener.close(0, () => {}));
  const dial = async () => {
    const socket = connect({ port: listener.port, host: '127.0.0.1' });
    stopLater(() => socket.destroy());
    const read = readAll(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, ...read };
  };
  const served = async (): Promise<void> => {
    const { socket, text } = await dial();
    socket.write(get('/other'));
    await until(() => text().endsWith('ok'));
    socket.destroy();
  };
  return { listener, faults, dial, served };
}

const failing = (target: string, act: (response: ClientResponse) => void = () => {}) =>
  function (request: { url?: string | undefined }, response: ClientResponse): void {
    if (request.url !== target) return respondOk(request, response);
    act(response);
    throwPlanted();
  };

const BOTH = [
  ['with plain connections in front', true],
  ['with Node’s own server alone', false],
] as const;

describe.each(BOTH)('a handler that throws, %s,', (_name, ownHttp1) => {
  it.each([
    ['a GET', get('/bad'), "GET on a client's connection"],
    ['a request with a body', post('/bad'), "POST on a client's connection"],
    [
      'a request that expects',
      post('/bad').replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'),
      "POST on a client's connection",
    ],
    [
      'a request that expects the unknown',
      post('/bad').replace('\r\n\r\n', '\r\nExpect: tea\r\n\r\n'),
      "POST on a client's connection",
    ],
    ['an upgrade', UPGRADE, "an upgrade on a client's connection"],
    ['CONNECT', 'CONNECT up:443 HTTP/1.1\r\nHost: up\r\n\r\n', "CONNECT on a client's connection"],
    ['bytes that are no request', 'nonsense\r\n\r\n', 'an unreadable request'],
  ])('for %s cuts that connection and is reported; others are served', async (_what, sent, where) => {
    const on = failing('/bad');
    const lost: (string | undefined)[] = [];
    const { dial, faults, served } = await open(
      {
        onPlain: on,
        onRequest: on,
        onUpgrade: throwPlanted,
        onConnect: throwPlanted,
        onClientError: throwPlanted,
        onLost: ({ method }) => void lost.push(method),
      },
      { ownHttp1 },
    );
    const { socket, text, closed } = await dial();
    const other = await dial();
    socket.write(sent);
    await closed;
    expect([text(), faults]).toEqual(['', [{ where, error: expect.any(Planted) }]]);
    other.socket.write(get('/other'));
    await until(() => other.text().endsWith('ok'));
    await served();
    // What was read as a request is told apart, so that it has its record.
    expect(lost).toEqual(where === 'an unreadable request' ? [] : [/^[A-Z]+/.exec(sent)?.[0]]);
  });

  it('behind half a response resets the connection, so that nobody takes it for whole', async () => {
    const on = failing('/bad', (response) => {
      response.writeHead(200, 'OK', []);
      response.write(Buffer.from('half'));
    });
    const { dial, faults } = await open({ onPlain: on, onRequest: on }, { ownHttp1 });
    const { socket, closed } = await dial();
    const failed = new Promise((resolve) => socket.once('error', resolve));
    socket.write(get('/bad'));
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
    await closed;
    expect(faults).toHaveLength(1);
  });

  it('for a new connection ends it and is reported; others are served', async () => {
    let connections = 0;
    const onConnection = (): void => void (++connections === 1 && throwPlanted());
    const { dial, faults, served } = await open({}, { ownHttp1, onConnection });
    const { closed } = await dial();
    await closed;
    expect(faults).toEqual([{ where: 'a new connection of a client', error: expect.any(Planted) }]);
    await served();
  });
});

describe.each(BOTH)('a listener %s', (_name, ownHttp1) => {
  it('survives each connection that cannot be accepted, and serves the others', async () => {
    const listen = vi.spyOn(NetServer.prototype, 'listen');
    const errors: Error[] = [];
    const onAcceptError = (error: Error): void => {
      if (errors.push(error) === 3) throwPlanted();
    };
    const { faults, served } = await open({}, { ownHttp1, onAcceptError });
    const server = listen.mock.contexts[0] as NetServer;
    listen.mockRestore();
    // libuv closes such connections by a spare descriptor, and reports them only when that is gone too.
    const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
    for (let i = 0; i < 3; i++) server.emit('error', error);
    expect(errors).toEqual([error, error, error]);
    expect(faults).toEqual([{ where: 'a connection that could not be accepted', error: expect.any(Planted) }]);
    await served();
  });

  it('survives the reset of a client whose upgrade it has passed on', async () => {
    const sockets: Duplex[] = [];
    const { dial, faults, served } = await open(
      { onUpgrade: (_request, socket) => void sockets.push(socket) },
      { ownHttp1 },
    );
    const { socket } = await dial();
    socket.write(UPGRADE);
    await until(() => sockets.length !== 0);
    sockets[0]?.resume();
    socket.resetAndDestroy();
    await served();
    expect(faults).toEqual([]);
  });

  it('that closes ends idle connections at once and the others behind their response, and cuts nobody', async () => {
    const waiting: ClientResponse[] = [];
    const on = (_request: unknown, response: ClientResponse): void => void waiting.push(response);
    const { listener, dial } = await open({ onPlain: on, onRequest: on }, { ownHttp1 });
    const busy = await dial();
    busy.socket.write(get('/watch'));
    await until(() => waiting.length !== 0);
    const used = await dial();
    used.socket.write(get('/short'));
    await until(() => waiting.length === 2);
    respondOk(undefined, waiting[1] as ClientResponse);
    await until(() => used.text() !== '');
    let ends = 0;
    const closed = listener.close(5000, () => ends++);
    await used.closed;
    await until(() => listener.connections() <= 1);
    const late = connect({ port: listener.port, host: '127.0.0.1' });
    expect(await new Promise((resolve) => late.once('error', resolve))).toMatchObject({ code: 'ECONNREFUSED' });
    respondOk(undefined, waiting[0] as ClientResponse);
    await until(() => busy.text().endsWith('ok'));
    // Node's server keeps this connection for the rest of the grace.
    if (!ownHttp1) busy.socket.end();
    await busy.closed;
    await closed;
    expect(busy.text()).toContain(ownHttp1 ? 'Connection: close' : 'Connection: keep-alive');
    expect([ends, listener.connections()]).toEqual([0, 0]);
  });

  it('has what is still open after the grace ended first, and cuts what remains then', async () => {
    const upgraded: Duplex[] = [];
    const { listener, dial } = await open(
      { onUpgrade: (_request, socket) => void upgraded.push(socket) },
      { ownHttp1 },
    );
    const polite = await dial();
    const stubborn = await dial();
    for (const { socket } of [polite, stubborn]) socket.write(UPGRADE);
    await until(() => upgraded.length >= 2);
    let openAtEnd = 0;
    await listener.close(50, () => {
      openAtEnd = listener.connections();
      upgraded[0]?.end('last words');
    });
    await Promise.all([polite.closed, stubborn.closed]);
    expect([openAtEnd, listener.connections()]).toEqual([2, 0]);
    expect([polite.text(), stubborn.text()].toSorted()).toEqual(['', 'last words']);
  });
});

it('a client that never ends its TLS handshake holds no shutdown up', async () => {
  const { cert, key } = await makeCertificate();
  const { listener, dial } = await open({}, { keyPair: { certPem: cert, keyPem: key } });
  const silent = await dial();
  let ends = 0;
  const before = performance.now();
  await listener.close(50, () => ends++);
  expect(performance.now() - before).toBeLessThan(1000);
  expect(ends).toBe(0);
  silent.socket.destroy();
});

it('a certificate that is replaced serves new connections, over which plain requests are read as ever', async () => {
  const { cert, key } = await makeCertificate();
  const { listener } = await open({}, { keyPair: { certPem: cert, keyPem: key } });
  expect(() => listener.useKeyPair({ certPem: 'nonsense', keyPem: key })).toThrow('no start line');
  listener.useKeyPair({ certPem: cert, keyPem: key });
  const socket: Socket = connectHttps({ port: listener.port, host: '127.0.0.1', ca: cert });
  stopLater(() => socket.destroy());
  const { text } = readAll(socket);
  socket.write(get('/'));
  await until(() => text().endsWith('ok'));
  expect(listener.connections()).toBe(1);
});
