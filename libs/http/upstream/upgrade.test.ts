import { IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResponseRules, UpstreamRequest } from '../exchange-contract.ts';
import { responseOnSocket } from '../inbound/response-on-socket.ts';
import { makeCertificate } from '../testdata/certificate.ts';
import {
  CUT,
  HeldSocket,
  makeRequest,
  PASS,
  Planted,
  REFUSED,
  soon,
  stopAll,
  stopLater,
  throwPlanted,
  until,
} from '../testdata/fakes.ts';
import { Upgrade } from './upgrade.ts';

afterEach(stopAll);

const SWITCHES = 'HTTP/1.1 101 Whatever\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HEADERS = ['Host', 'up', 'Connection', 'Upgrade', 'Upgrade', 'websocket'];

interface Changes {
  readonly request?: Partial<UpstreamRequest>;
  readonly rules?: Partial<ResponseRules>;
  readonly clientHead?: string;
}

/** An upgrade to a server that responds with what `serve` does. */
async function open(serve: (socket: Socket, request: string) => void, changes: Changes = {}) {
  const pem = await makeCertificate();
  const peers: TLSSocket[] = [];
  const server = createServer({ ...pem, allowHalfOpen: true }, (socket) => {
    peers.push(socket);
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => serve(socket, chunk.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  stopLater(() => {
    for (const peer of peers) peer.destroy();
    server.close();
  });
  const client = new HeldSocket({ allowHalfOpen: true });
  client.reads = true;
  const asSocket = client as unknown as Socket;
  const upgrade = new Upgrade(
    makeRequest({ kind: 'long', headers: HEADERS, ...changes.request }),
    { ...PASS, ...changes.rules },
    {
      socket: client,
      head: Buffer.from(changes.clientHead ?? ''),
      response: (): ServerResponse => responseOnSocket(new IncomingMessage(asSocket), client),
    },
  );
  const send = (): void => upgrade.send({ port, host: '127.0.0.1', ca: pem.cert });
  const peerHasClosed = (): boolean => peers[0]?.readableEnded || peers[0]?.destroyed || false;
  return { upgrade, client, peers, peerHasClosed, send };
}

const switchProtocols = (socket: Socket): void => void socket.write(SWITCHES);

describe('an error of our own', () => {
  it('before a response refuses the upgrade, and the upstream’s connection goes', async () => {
    const { upgrade, client, peerHasClosed, send } = await open(switchProtocols, { rules: { head: throwPlanted } });
    send();
    expect(await upgrade.outcome).toMatchObject(REFUSED);
    await soon(20);
    expect([client.received, client.destroyed, peerHasClosed()]).toEqual(['', false, true]);
  });

  it('in what is to be sent, or in the response’s head, refuses it too', async () => {
    const sent = await open(switchProtocols, { request: { headers: ['Host', 'a\r\nX: b'] } });
    sent.send();
    expect(await sent.upgrade.outcome).toMatchObject({ refusal: { code: 'exchangeFailed' }, upstreamRequests: 0 });
    const rules = { head: () => ['X-Note', 'a\r\nX: b'] };
    const received = await open(switchProtocols, { rules });
    received.send();
    expect(await received.upgrade.outcome).toMatchObject({ refusal: { code: 'exchangeFailed' } });
    await soon(20);
    expect([received.client.received, received.peerHasClosed()]).toEqual(['', true]);
  });

  it('while the 101 is written cuts the client, and the upstream’s connection goes', async () => {
    const { upgrade, client, peerHasClosed, send } = await open(switchProtocols);
    client.write = throwPlanted;
    send();
    expect(await upgrade.outcome).toMatchObject({ ...CUT, statusCode: 101 });
    await soon(20);
    expect([client.destroyed, peerHasClosed()]).toEqual([true, true]);
  });

  it('in the tunnel cuts both sides', async () => {
    const { upgrade, client, peerHasClosed, send } = await open((socket) => {
      switchProtocols(socket);
      setTimeout(() => socket.write('bytes'), 20);
    });
    send();
    await until(() => client.received !== '');
    client.write = throwPlanted;
    expect(await upgrade.outcome).toMatchObject({ ...CUT, statusCode: 101 });
    await soon(20);
    expect([client.destroyed, peerHasClosed()]).toEqual([true, true]);
  });

  it('in a response that is relayed ends that exchange', async () => {
    const { upgrade, client, send } = await open(
      (socket) => void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
      { rules: { head: throwPlanted } },
    );
    send();
    expect(await upgrade.outcome).toMatchObject(REFUSED);
    expect(client.received).toBe('');
  });

  it('after a 101 has an effect once', async () => {
    const { upgrade, client, send } = await open(switchProtocols);
    send();
    await until(() => client.received !== '');
    upgrade.broke(new Planted());
    upgrade.broke(new Error('a second error'));
    upgrade.abort('draining');
    expect(await upgrade.outcome).toMatchObject(CUT);
    expect(client.destroyed).toBe(true);
  });
});

describe('an upgrade that is not sent', () => {
  it('because its client has left, or because it is aborted, opens no connection', async () => {
    let requests = 0;
    const aborted = await open(() => requests++);
    aborted.upgrade.abort('draining');
    aborted.send();
    expect(await aborted.upgrade.outcome).toMatchObject({ refusal: { code: 'draining' }, upstreamRequests: 0 });
    const left = await open(() => requests++);
    left.client.destroy();
    await soon(5);
    left.send();
    expect(await left.upgrade.outcome).toMatchObject({ aborted: 'client', upstreamRequests: 0 });
    await soon(30);
    expect([requests, aborted.peers.length, left.peers.length]).toEqual([0, 0, 0]);
  });
});

describe('an upstream', () => {
  it('that is silent is given up after a time', async () => {
    const times = { shortRequestMs: 60, stalledReaderMs: 5000, stalledStreamMs: 5000 };
    const { upgrade, send } = await open(() => {}, { request: { times } });
    send();
    expect(await upgrade.outcome).toMatchObject({ statusCode: 0, refusal: { code: 'upstreamUnavailable' } });
  });

  it('that sends no HTTP is refused as such', async () => {
    const { upgrade, send } = await open((socket) => void socket.write('SSH-2.0\r\n\r\n'));
    send();
    expect(await upgrade.outcome).toMatchObject({ refusal: { code: 'upstreamInvalid' } });
  });

  it('whose 101 the rules refuse gets no tunnel', async () => {
    const rules: Partial<ResponseRules> = { head: () => ({ code: 'upstreamInvalid', message: 'no' }) };
    const { upgrade, client, peerHasClosed, send } = await open(switchProtocols, { rules, clientHead: 'early' });
    send();
    expect(await upgrade.outcome).toMatchObject({ refusal: { code: 'upstreamInvalid', message: 'no' }, bytesIn: 0 });
    await soon(20);
    expect([client.received, peerHasClosed()]).toEqual(['', true]);
  });

  it('that breaks off a refusal has its client cut', async () => {
    const { upgrade, client, send } = await open(
      (socket) => void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\npart'),
    );
    send();
    expect(await upgrade.outcome).toMatchObject({ statusCode: 403, aborted: 'upstream' });
    expect(client.destroyed).toBe(true);
  });

  it('whose 101 comes when the upgrade is over already is let go', async () => {
    const { upgrade, client, peers, send } = await open((socket) => setTimeout(() => switchProtocols(socket), 30));
    send();
    await until(() => peers.length !== 0);
    upgrade.abort('draining');
    expect(await upgrade.outcome).toMatchObject({ refusal: { code: 'draining' } });
    await soon(60);
    expect(client.received).toBe('');
  });
});

describe('a client', () => {
  it('that leaves before a response ends the upstream’s connection', async () => {
    const { upgrade, client, peers, peerHasClosed, send } = await open(() => {});
    send();
    await until(() => peers.length !== 0);
    await soon(10);
    client.destroy();
    expect(await upgrade.outcome).toMatchObject({ aborted: 'client', statusCode: 0, upstreamRequests: 1 });
    await soon(20);
    expect(peerHasClosed()).toBe(true);
  });

  it('gets a refusal of the upstream whole, and its socket is closed behind it', async () => {
    const { upgrade, client, send } = await open(
      (socket) => void socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
    );
    const finished = new Promise((resolve) => client.once('finish', resolve));
    send();
    expect(await upgrade.outcome).toMatchObject({ statusCode: 403, bytesOut: 2 });
    await finished;
    expect(client.received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/);
  });

  it('gets the standard 101, not the upstream’s words, and has its early bytes sent behind it', async () => {
    let early = '';
    const { upgrade, client, send } = await open(
      (socket) => {
        socket.on('data', (chunk: Buffer) => (early += chunk.toString('latin1')));
        socket.on('end', () => socket.end());
        socket.write(`${SWITCHES}hello`);
      },
      { clientHead: 'early', rules: { head: () => ['X-Kept', 'yes'] } },
    );
    send();
    await until(() => client.received.includes('hello') && early === 'early');
    client.push(null);
    client.once('finish', () => client.destroy());
    const outcome = await upgrade.outcome;
    expect(client.received).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Kept: yes\r\n\r\nhello',
    );
    expect(outcome).toMatchObject({ statusCode: 101, bytesIn: 5, bytesOut: 5, upstreamRequests: 1 });
  });
});
