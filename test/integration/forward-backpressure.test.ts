import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, ask, connectTo, open, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';
import { INSPECTABLE, readLiveMemory } from '../support/read-live-memory.ts';
import { inMib } from '../support/read-memory.ts';
import { drained } from '../support/wait-drained.ts';

/**
 * Who does not read holds back whoever writes, at most 1 MiB a stream later. The kernel's socket buffers lie between
 * and are not the gateway's, so what counts is the memory that it has in use: how much more of it many stalled
 * streams take than a few.
 */
const FEW = 10;
const MANY = 50;
const BLOCK = Buffer.alloc(64 * 1024, 'x');
const TOTAL_BLOCKS = 256;
const BODY = '/clusters/up/api/v1/namespaces/a';
let upstream: TestUpstream;
let world: ForwardWorld;
/** Bytes that whoever writes could write, or the upstream has read. */
let moved = 0;
let reads = true;
/** How many are being written to. */
let pouring = 0;
let finish: (() => void)[] = [];
/** What a test began, so that one that fails leaves nothing to the next. */
let begun: { destroy(): unknown }[] = [];

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest(request, response) {
      if (request.url?.includes('/version')) return void response.end('ok');
      if (request.url?.includes('watch=1')) return void answerWatch(response);
      if (request.method === 'POST') return takeBody(request, response);
      response.writeHead(200);
      void pour(response);
    },
    onUpgrade(_request, socket) {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      if (reads) void pour(socket);
      else finish.push(() => socket.on('data', (chunk: Buffer) => (moved += chunk.length)));
    },
  });
  // A client that leaves while its bytes are held back is not noticed before they move: the kernel tells by reading only.
  world = await startForwardWorld({ up: upstream }, { GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1', ...INSPECTABLE });
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

afterEach(async () => {
  for (const stream of begun) stream.destroy();
  for (const act of finish) act();
  begun = [];
  await until(() => pouring === 0, 10_000, 'the streams ended');
});

async function pour(into: Writable): Promise<void> {
  pouring++;
  into.once('close', () => pouring--);
  for (let i = 0; i < TOTAL_BLOCKS && !into.destroyed; i++) {
    const more = into.write(BLOCK);
    moved += BLOCK.length;
    if (!more) await drained(into);
  }
  into.end();
}

function answerWatch(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('event'), 20);
  response.once('close', () => clearInterval(timer));
}

function takeBody(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  request.pause();
  finish.push(() => request.resume());
  request.on('data', (chunk: Buffer) => {
    moved += chunk.length;
    hash.update(chunk);
  });
  request.pause();
  request.on('end', () => response.end(hash.digest('hex')));
}

/** Waits until nothing has moved for a while: everything is held back. */
async function stalled(): Promise<void> {
  let last = -1;
  await until(
    async () => {
      const before = last;
      last = moved;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before === moved;
    },
    30_000,
    'the stream held back',
  );
}

/** Begins a few streams, then many, and waits until they are stalled each time. */
async function expectBounded<T extends { destroy(): unknown }>(what: string, begin: () => Promise<T>): Promise<T[]> {
  moved = 0;
  finish = [];
  const few = await beginMany(begin, FEW);
  const before = await readLiveMemory(world);
  const more = await beginMany(begin, MANY - FEW);
  const after = await readLiveMemory(world);
  const each = (after.used - before.used) / more.length;
  console.log(
    `${what}: ${MANY} stalled, ${inMib(moved)} MiB passed on to kernel buffers; the gateway holds ${inMib(each)} MiB a stream, ${inMib(after.resident)} MiB resident`,
  );
  expect(each).toBeLessThan(1024 * 1024);
  await expectOthersUnharmed(what);
  return [...few, ...more];
}

async function beginMany<T extends { destroy(): unknown }>(begin: () => Promise<T>, count: number): Promise<T[]> {
  const streams = await Promise.all(Array.from({ length: count }, begin));
  begun.push(...streams);
  await stalled();
  return streams;
}

/** Short requests, and events on the very connections. */
async function expectOthersUnharmed(what: string): Promise<void> {
  const asked = performance.now();
  expect((await ask(world, '/clusters/up/version')).status).toBe(200);
  const watch = open(world, `${BODY}/pods?watch=1`);
  watch.end();
  const answer = await answerOf(watch);
  await new Promise((resolve) => answer.once('data', resolve));
  console.log(`${what}: beside them, a request and an event took ${Math.round(performance.now() - asked)} ms`);
  answer.destroy();
}

describe('a client that does not read', () => {
  it.each([
    ['a list over HTTP/1.1', `${BODY}/pods`],
    ['a log over HTTP/2', `${BODY}/pods/p/log?follow=1`],
    ['a proxied page', `${BODY}/services/web/proxy/page`],
  ])('holds back %s, and gets all of it once it reads', async (what, path) => {
    const answers = await expectBounded(what, async () => {
      const request = open(world, path);
      request.end();
      return await answerOf(request);
    });
    for (const answer of answers.slice(4)) answer.destroy();
    const left = performance.now();
    await until(() => pouring === 4, 5000, 'the upstream is told that the others have left');
    console.log(`${what}: upstream told of those who left after ${Math.round(performance.now() - left)} ms`);
    for (const answer of answers.slice(0, 4)) {
      let size = 0;
      for await (const chunk of answer) size += (chunk as Buffer).length;
      expect(size).toBe(TOTAL_BLOCKS * BLOCK.length);
    }
  });

  it('holds back a tunnel', async () => {
    reads = true;
    const sockets = await expectBounded('a tunnel to the client', upgrade);
    for (const socket of sockets) socket.destroy();
    await until(() => pouring === 0, 5000, 'the upstream is told that they have left');
  });
});

describe('an upstream that does not read', () => {
  it('holds back a body, and gets all of it once it reads', async () => {
    const size = TOTAL_BLOCKS * BLOCK.length;
    const exchanges = await expectBounded('a body', async () => {
      const taken = finish.length;
      const request = open(world, `${BODY}/pods`, { method: 'POST', headers: { 'content-length': String(size) } });
      request.on('error', () => {});
      void pour(request);
      const answered = answerOf(request);
      answered.catch(() => {});
      await until(() => finish.length > taken, 20_000, 'the body begun');
      return { request, answered, destroy: () => request.destroy() };
    });
    for (const exchange of exchanges.slice(4)) exchange.destroy();
    for (const act of finish) act();
    const hash = createHash('sha256');
    for (let i = 0; i < TOTAL_BLOCKS; i++) hash.update(BLOCK);
    const wanted = hash.digest('hex');
    for (const { answered } of exchanges.slice(0, 4)) {
      let text = '';
      for await (const chunk of await answered) text += String(chunk);
      expect(text).toBe(wanted);
    }
  });

  it('holds back a tunnel', async () => {
    reads = false;
    const sockets = await expectBounded('a tunnel to the upstream', async () => {
      const socket = await upgrade();
      void pour(socket);
      return socket;
    });
    for (const socket of sockets) socket.destroy();
  });
});

/** An exec whose tunnel is open, and of which nothing is read. */
async function upgrade(): Promise<Duplex> {
  const socket = await connectTo(world);
  socket.write(
    `GET ${BODY}/pods/p/exec HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}
