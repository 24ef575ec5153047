import { describe, expect, it } from 'vitest';
import { within } from './boundary.ts';
import { Exchange, invalidResponse, ownFault } from './exchange.ts';
import { MAX_HELD_BYTES } from './gather-pieces.ts';
import { CUT, FakeUpstreamSide, Planted, REFUSED, soon, startExchange, throwPlanted } from './testdata/fakes.ts';

const TIMES = { shortRequestMs: 5000, stalledReaderMs: 40, stalledStreamMs: 5000 };
const sized = (length: number): string[] => ['Content-Length', String(length)];

function start(...given: Parameters<typeof startExchange>) {
  const started = startExchange(...given);
  const upstream = new FakeUpstreamSide();
  started.exchange.upstream = upstream;
  return { ...started, upstream };
}

describe('an error of our own', () => {
  it('before the response is refused with its cause, and both connections end', async () => {
    const { exchange, socket, upstream, connection } = start({}, { head: throwPlanted });
    within(exchange, () => exchange.respond(200, []))();
    expect(await exchange.outcome).toMatchObject(REFUSED);
    expect(upstream.cancels).toBe(1);
    expect(connection.closes).toBe(true);
    expect(socket.received).toBe('');
  });

  it.each([
    ['in the body', ['Content-Type', 'text/plain']],
    ['when the head is written and not sent yet', sized(5)],
  ])('%s cuts the client', async (_when, headers) => {
    const { exchange, socket, upstream } = start();
    exchange.respond(200, headers);
    exchange.broke(new Planted());
    expect(await exchange.outcome).toMatchObject({ ...CUT, statusCode: 200 });
    expect(socket.wasReset).toBe(true);
    expect(upstream.cancels).toBe(1);
  });

  it('in trailers cuts the client before the end of its response', async () => {
    const { exchange, socket } = start({}, { trailers: throwPlanted });
    exchange.respond(200, []);
    within(exchange, () => exchange.end(['Checksum', '1']))();
    expect(await exchange.outcome).toMatchObject(CUT);
    expect(socket.received).not.toContain('0\r\n\r\n');
    expect(socket.destroyed).toBe(true);
  });

  it('when the client reads again ends the exchange, not the process', async () => {
    const { exchange, response, socket, upstream } = start({ kind: 'long' });
    upstream.resume = throwPlanted;
    exchange.respond(200, []);
    socket.reads = false;
    exchange.write(Buffer.alloc(MAX_HELD_BYTES + 1));
    response.drained();
    expect(await exchange.outcome).toMatchObject(CUT);
    expect(upstream.cancels).toBe(1);
  });

  it('when the client leaves has no effect on anybody', async () => {
    const { exchange, response, upstream } = start();
    upstream.cancel = throwPlanted;
    response.clientClosed();
    expect(await exchange.outcome).toMatchObject({ aborted: 'client' });
  });

  it('while the exchange is being ended changes nothing: it still ends, with the first cause', async () => {
    const { exchange, socket, upstream } = start();
    exchange.respond(200, []);
    upstream.cancel = () => {
      throw new Error('a second error');
    };
    socket.resetAndDestroy = upstream.cancel as never;
    exchange.broke(new Planted());
    expect(await exchange.outcome).toMatchObject(CUT);
    expect(socket.destroyed).toBe(true);
  });

  it('after the end takes the request off its upstream, and nothing else', async () => {
    const { exchange, socket, upstream } = start();
    exchange.respond(200, sized(2));
    exchange.write(Buffer.from('ok'));
    exchange.end([]);
    exchange.broke(new Planted());
    expect(await exchange.outcome).toEqual({ statusCode: 200, bytesIn: 0, bytesOut: 2, upstreamRequests: 0 });
    expect(socket.destroyed).toBe(false);
    expect(upstream.cancels).toBe(1);
  });
});

describe('a refusal', () => {
  it.each([100, 101, 199, 600, Number.NaN])('of the status code %s ends both sides', async (statusCode) => {
    const { exchange, upstream, socket } = start();
    exchange.respond(statusCode, []);
    expect(await exchange.outcome).toMatchObject({
      statusCode: 0,
      refusal: { code: 'upstreamInvalid', message: `cluster "demo" sent the status code ${statusCode}` },
    });
    expect([upstream.cancels, socket.received]).toEqual([1, '']);
  });

  it('of a header that would begin a line of its own sends nothing of the response', async () => {
    const { exchange, socket } = start();
    exchange.respond(200, ['X-Note', 'a\r\nSet-Cookie: b']);
    expect(await exchange.outcome).toMatchObject({
      refusal: { code: 'upstreamInvalid' },
      cause: expect.any(TypeError),
    });
    expect(socket.received).toBe('');
  });

  it('by the rules is the outcome, and what the upstream says while it is cancelled is not', async () => {
    const { exchange, upstream } = start({}, { head: () => ({ code: 'upstreamInvalid', message: 'no' }) });
    upstream.cancel = () => exchange.failUpstream(new Error('cancelled'));
    exchange.respond(200, []);
    expect(await exchange.outcome).toEqual({
      statusCode: 0,
      bytesIn: 0,
      bytesOut: 0,
      upstreamRequests: 0,
      refusal: { code: 'upstreamInvalid', message: 'no' },
    });
  });

  it.each([
    [{ code: 'UND_ERR_HEADERS_TIMEOUT' }, 'upstreamTimeout'],
    [{ code: 'UND_ERR_BODY_TIMEOUT' }, 'upstreamTimeout'],
    [{ code: 'HPE_INVALID_CONSTANT' }, 'upstreamInvalid'],
    [invalidResponse('two lengths'), 'upstreamInvalid'],
    [{ code: 'ECONNREFUSED' }, 'upstreamUnavailable'],
    [{ code: 'EMFILE' }, 'outOfDescriptors'],
    [{ code: 'ENFILE' }, 'outOfDescriptors'],
    [ownFault(new Planted()), 'exchangeFailed'],
  ])('of an upstream that fails with %o has the code %s', async (error, code) => {
    const { exchange } = start();
    exchange.failUpstream(error);
    expect(await exchange.outcome).toMatchObject({ refusal: { code } });
  });

  it('by abort has its code and message; once the response has begun, the client is cut', async () => {
    const early = start();
    early.exchange.abort('clusterDisabled', 'gone');
    expect(await early.exchange.outcome).toMatchObject({ refusal: { code: 'clusterDisabled', message: 'gone' } });
    const late = start({ kind: 'long' });
    late.exchange.respond(200, []);
    late.exchange.abort('clusterDisabled', 'gone');
    expect(await late.exchange.outcome).toMatchObject({ aborted: 'gateway', abortCode: 'clusterDisabled' });
    expect([early.socket.destroyed, late.socket.wasReset]).toEqual([false, true]);
    expect([early.upstream.cancels, late.upstream.cancels]).toEqual([1, 1]);
  });
});

describe('after its end', () => {
  it('nothing that a sender or a caller does has an effect', async () => {
    const { exchange, socket, connection } = start();
    exchange.respond(200, sized(2));
    exchange.write(Buffer.from('ok'));
    exchange.end([]);
    const { received } = socket;
    exchange.respond(500, []);
    exchange.write(Buffer.from('more'));
    exchange.end(['Trailer', 'late']);
    exchange.fail('upstreamTimeout', undefined, undefined);
    exchange.abort('clusterDisabled');
    socket.destroy();
    await soon(5);
    expect(await exchange.outcome).toEqual({ statusCode: 200, bytesIn: 0, bytesOut: 2, upstreamRequests: 0 });
    expect([socket.received, connection.ended]).toEqual([received, 1]);
  });

  it('a client that had left before it began gets nothing, and the exchange is over at once', async () => {
    const { response } = startExchange();
    response.clientClosed();
    const late = new Exchange(start().exchange.request, { head: throwPlanted, trailers: throwPlanted }, response);
    expect(late.finished).toBe(true);
    late.respond(200, []);
    expect(await late.outcome).toMatchObject({ statusCode: 0, aborted: 'client' });
  });
});

describe('a response', () => {
  it('whose upstream fails behind the last byte is cut before that byte', async () => {
    const { exchange, socket } = start();
    exchange.respond(200, sized(4));
    exchange.write(Buffer.from('ab'));
    exchange.write(Buffer.from('cd'));
    exchange.failUpstream(new Error('reset'));
    expect(await exchange.outcome).toMatchObject({ aborted: 'upstream' });
    expect(socket.received).toMatch(/\r\n\r\nab$/);
    expect(socket.wasReset).toBe(true);
  });

  it('of a few bytes is one write', async () => {
    const { exchange, socket } = start();
    exchange.respond(200, sized(2));
    exchange.write(Buffer.from('é', 'utf8'));
    exchange.end([]);
    expect(socket.received).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${Buffer.from('é').toString('latin1')}`);
    expect(socket.writes).toBe(1);
  });

  it('that has no body sends none, and no framing of one', async () => {
    const { exchange, socket } = start();
    exchange.respond(204, ['Content-Length', '3', 'transfer-encoding', 'chunked', 'X-Kept', 'yes']);
    exchange.write(Buffer.from('abc'));
    exchange.end([]);
    expect(socket.received).toBe('HTTP/1.1 204 No Content\r\nX-Kept: yes\r\n\r\n');
    expect(await exchange.outcome).toMatchObject({ statusCode: 204, bytesOut: 0 });
  });

  it('that may run long sends its head before it has a body', () => {
    const { exchange, socket } = start({ kind: 'shared' });
    exchange.respond(200, sized(9));
    expect(socket.received).toContain('Content-Length: 9');
  });
});

describe('a client that does not read', () => {
  it('holds its upstream back once, until it reads again', () => {
    const { exchange, socket, upstream } = start({ kind: 'long' });
    exchange.respond(200, []);
    socket.reads = false;
    exchange.write(Buffer.alloc(MAX_HELD_BYTES / 2));
    expect(upstream.pauses).toBe(0);
    exchange.write(Buffer.alloc(MAX_HELD_BYTES));
    socket.reads = true;
    while (socket.takeOne());
    return soon(5).then(() => expect([upstream.pauses, upstream.resumes]).toEqual([1, 1]));
  });

  it('of a short response is cut after a time, and its upstream is free', async () => {
    const { exchange, socket, upstream } = start({ times: TIMES });
    exchange.respond(200, []);
    socket.reads = false;
    exchange.write(Buffer.alloc(MAX_HELD_BYTES + 1));
    expect(await exchange.outcome).toMatchObject({
      aborted: 'client',
      cause: { message: 'the client read nothing for 0.04 s' },
    });
    expect([upstream.cancels, socket.wasReset]).toEqual([1, true]);
  });

  it('and then reads again is not cut afterwards, however long its upstream is silent', async () => {
    const { exchange, socket } = start({ times: TIMES });
    exchange.respond(200, []);
    socket.reads = false;
    exchange.write(Buffer.alloc(MAX_HELD_BYTES + 1));
    socket.reads = true;
    while (socket.takeOne());
    await soon(120);
    expect(exchange.finished).toBe(false);
  });

  it('of a long response is not', async () => {
    const { exchange, socket } = start({ kind: 'long', times: TIMES });
    exchange.respond(200, []);
    socket.reads = false;
    exchange.write(Buffer.alloc(MAX_HELD_BYTES + 1));
    await soon(120);
    expect(exchange.finished).toBe(false);
  });
});
