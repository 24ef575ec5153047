import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HeldSocket, nextTurn, openPair, readAll, stopAll, throwPlanted } from '../testdata/fakes.ts';
import { endWith, responseOnSocket } from './response-on-socket.ts';

afterEach(stopAll);

function open() {
  const socket = new HeldSocket({ allowHalfOpen: true });
  socket.reads = true;
  socket.on('error', () => {});
  const request = new IncomingMessage(socket as unknown as Socket);
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  return { socket, response: responseOnSocket(request, socket) };
}

describe('a response on a socket that Node has handed over', () => {
  it('ends the socket where a callback of it throws', async () => {
    const { socket, response } = open();
    response.on('drain', throwPlanted);
    socket.emit('drain');
    expect(socket.destroyed).toBe(true);
    const late = open();
    late.response.detachSocket = throwPlanted;
    late.response.end('refused');
    await nextTurn();
    expect(late.socket.destroyed).toBe(true);
  });

  it('has no effect, and ends no process, where the client has left', async () => {
    const { socket, response } = open();
    socket.destroy();
    await nextTurn();
    response.writeHead(403);
    response.write('refused');
    response.end();
    await nextTurn();
    expect(socket.received).toBe('');
  });

  it('that is written to after its end emits an error that does not end the process', async () => {
    const { socket, response } = open();
    response.end('refused');
    response.write('late');
    await nextTurn();
    expect(socket.received).not.toContain('late');
  });

  it('is whole, says that the connection closes, and closes it behind it', async () => {
    const { socket, response } = open();
    const finished = new Promise((resolve) => socket.once('finish', resolve));
    response.sendDate = false;
    response.writeHead(403, ['Content-Length', '7']);
    response.end('refused');
    await finished;
    expect(socket.received).toBe('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused');
  });

  it('emits drain when a client that did not keep up reads again', async () => {
    const { socket, response } = open();
    socket.reads = false;
    response.writeHead(200, ['Content-Length', '200000']);
    expect(response.write(Buffer.alloc(200_000))).toBe(false);
    const drained = new Promise((resolve) => response.once('drain', resolve));
    socket.reads = true;
    while (socket.takeOne());
    await drained;
  });
});

describe('a response of bytes', () => {
  it('is not sent on a socket that is closed', () => {
    const socket = new HeldSocket();
    socket.destroy();
    endWith(socket, 'HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(socket.writableLength).toBe(0);
  });

  it('arrives although the client is still sending, and the socket is closed behind it', async () => {
    const { near, far } = await openPair({ allowHalfOpen: true });
    const { text } = readAll(far);
    far.write(Buffer.alloc(300_000));
    endWith(near, 'HTTP/1.1 400 Bad Request\r\n\r\n');
    await new Promise((resolve) => far.once('end', resolve));
    expect(text()).toBe('HTTP/1.1 400 Bad Request\r\n\r\n');
    far.end();
    await new Promise((resolve) => near.once('close', resolve));
  });
});
