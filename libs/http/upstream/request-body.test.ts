import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Planted, REFUSED, soon, startExchange, throwPlanted } from '../testdata/fakes.ts';
import { RequestBody } from './request-body.ts';

/** A client's body that the test sends, and an exchange that it belongs to. */
function open(limits: { withinMs?: number; maxBytes?: number } = {}) {
  const request = new Readable({ read() {} });
  const { exchange } = startExchange({ method: 'POST' });
  const { withinMs = 0, maxBytes = Number.POSITIVE_INFINITY } = limits;
  const body = new RequestBody(request as IncomingMessage, exchange, { withinMs, maxBytes });
  return { request, exchange, body };
}

const ENDED = 'the exchange ended in the request body';

describe('a body that never comes to its end', () => {
  it('because reading it throws ends the exchange with that error, and the upstream gets no clean end', async () => {
    const { request, exchange, body } = open();
    request.read = () => {
      Reflect.deleteProperty(request, 'read');
      return throwPlanted();
    };
    await expect(body.next()).rejects.toThrow(Planted);
    expect(await exchange.outcome).toMatchObject(REFUSED);
  });

  it('because its client left rejects the read that is waiting, and every later one', async () => {
    const { request, body } = open();
    const waiting = body.next();
    request.destroy();
    await expect(waiting).rejects.toThrow(ENDED);
    await expect(body.next()).rejects.toThrow(ENDED);
  });

  it('because its client failed rejects, and the error does not end the process', async () => {
    const { request, body } = open();
    const waiting = body.next();
    request.destroy(new Error('ECONNRESET'));
    await expect(waiting).rejects.toThrow(ENDED);
  });

  it('because the exchange ended rejects, and what the client still sends is read and dropped', async () => {
    const { request, exchange, body } = open();
    const waiting = body.next();
    exchange.abort('draining');
    await expect(waiting).rejects.toThrow(ENDED);
    request.push('more');
    request.push(null);
    await new Promise((resolve) => request.once('end', resolve));
    expect(exchange.bytesIn).toBe(0);
  });

  it('is refused after its time, which counts from the first read', async () => {
    const { request, exchange, body } = open({ withinMs: 60 });
    request.push('begun');
    await soon(90);
    expect(exchange.finished).toBe(false);
    await body.next();
    await expect(body.next()).rejects.toThrow(ENDED);
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'requestTimeout' }, bytesIn: 5 });
  });

  it('is refused after its time although a byte comes now and then', async () => {
    const { request, exchange, body } = open({ withinMs: 80 });
    const drip = setInterval(() => request.push('x'), 10);
    await expect(
      (async () => {
        for (;;) await body.next();
      })(),
    ).rejects.toThrow(ENDED);
    clearInterval(drip);
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'requestTimeout' } });
  });
});

it('a body that is too long is refused with its limit, and no byte above it is passed on', async () => {
  const { request, exchange, body } = open({ maxBytes: 4 });
  request.push('four');
  expect(await body.next()).toMatchObject({ done: false, value: Buffer.from('four') });
  request.push('!');
  await expect(body.next()).rejects.toThrow(ENDED);
  expect(await exchange.outcome).toMatchObject({
    refusal: { code: 'tooLarge', message: 'a request body may have 4 bytes at most here' },
  });
});

it('a body is read as fast as it is asked for, and no faster', async () => {
  const { request, body } = open();
  for (let i = 0; i < 3; i++) request.push('x'.repeat(40_000));
  await soon(10);
  expect(request.readableLength).toBe(120_000);
  expect(request.readableFlowing).not.toBe(true);
  request.push(null);
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  expect(bytes).toBe(120_000);
});

it('a body that has ended keeps no time: its response may take longer', async () => {
  const { request, exchange, body } = open({ withinMs: 40 });
  request.push('all');
  request.push(null);
  for await (const _ of body);
  await soon(80);
  expect(exchange.finished).toBe(false);
});

it('a body that the upstream will not read is read and dropped, since its client sees no response before', async () => {
  const { request, body } = open();
  request.push('x'.repeat(100_000));
  request.push(null);
  await body.return();
  await new Promise((resolve) => request.once('end', resolve));
  expect(request.readableLength).toBe(0);
});

describe('a body is waited for', () => {
  /** As Node's parser leaves it: `complete` once all of it has come, whether it was read or not. */
  const push = (request: Readable, chunk: string | null): void => {
    if (chunk === null) Object.assign(request, { complete: true });
    request.push(chunk);
  };

  it('until it is whole, and none of it is taken meanwhile', async () => {
    const { request, body } = open();
    let acts = 0;
    body.whenBuffered(() => acts++);
    for (let i = 0; i < 3; i++) {
      push(request, 'x');
      await soon(5);
    }
    expect(acts).toBe(0);
    push(request, null);
    await soon(5);
    expect([acts, request.readableLength]).toEqual([1, 3]);
    let text = '';
    for await (const chunk of body) text += chunk.toString();
    expect(text).toBe('xxx');
  });

  it('until as much of it has come as is kept in memory', async () => {
    const { request, body } = open();
    let acts = 0;
    body.whenBuffered(() => acts++);
    for (let bytes = 0; bytes < request.readableHighWaterMark; bytes += 8192) {
      expect(acts).toBe(0);
      push(request, 'x'.repeat(8192));
      await soon(1);
    }
    await soon(5);
    expect(acts).toBe(1);
  });

  it('not at all where it has come already', () => {
    const { request, body } = open();
    push(request, null);
    let acts = 0;
    body.whenBuffered(() => acts++);
    expect(acts).toBe(1);
  });

  it('no longer than it may take, and not for one whose client or exchange has ended', async () => {
    const late = open({ withinMs: 30 });
    const left = open();
    const ended = open();
    let acts = 0;
    for (const { body } of [late, left, ended]) body.whenBuffered(() => acts++);
    left.request.destroy();
    ended.exchange.abort('draining');
    ended.request.push('x');
    expect(await late.exchange.outcome).toMatchObject({ refusal: { code: 'requestTimeout' } });
    push(late.request, null);
    await soon(5);
    expect(acts).toBe(0);
  });

  it('and then has its time anew from the first read, since a connection may have been waited for', async () => {
    const { request, exchange, body } = open({ withinMs: 60 });
    body.whenBuffered(() => {});
    push(request, 'x'.repeat(request.readableHighWaterMark));
    await soon(90);
    expect(exchange.finished).toBe(false);
    await body.next();
    await expect(body.next()).rejects.toThrow(ENDED);
    expect(await exchange.outcome).toMatchObject({ refusal: { code: 'requestTimeout' } });
  });

  it('while the upstream wants its next bytes, which is said once they come too', async () => {
    const request = new Readable({ read() {} });
    const { exchange } = startExchange({ method: 'POST' });
    const noted: boolean[] = [];
    const body = new RequestBody(request as IncomingMessage, exchange, {
      withinMs: 0,
      maxBytes: 100,
      stalled: (isStalled) => void noted.push(isStalled),
    });
    const next = body.next();
    await soon(5);
    expect(noted).toEqual([true]);
    request.push('x');
    await next;
    expect(noted).toEqual([true, false]);
  });
});
