import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, ask, connectTo, open, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/** Whole exchanges: what goes in comes out, byte for byte, over HTTP/1.1 and HTTP/2 upstream. */
const MIB = 1024 * 1024;
/** Random once: 100 MB of it would measure the random generator. */
const BLOCK = randomBytes(MIB);
const SIZE_MIB = 100;
const digestOf = (blocks: number): string => {
  const hash = createHash('sha256');
  for (let i = 0; i < blocks; i++) hash.update(BLOCK);
  return hash.digest('hex');
};
const blocks = (count: number): Readable => Readable.from(Array.from({ length: count }, () => BLOCK));

let upstream: TestUpstream;
let world: ForwardWorld;
let act: (request: IncomingMessage, response: ServerResponse) => void;
const path = '/clusters/up/api/v1/namespaces/a/pods';
const watch = `${path}?watch=1`;

beforeAll(async () => {
  upstream = await startUpstream({ onRequest: (request, response) => act(request, response) });
  world = await startForwardWorld({ up: upstream });
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => response.end(JSON.stringify({ digest: hash.digest('hex'), headers: request.headers })));
};

describe('bodies of 100 MB', () => {
  it.each([
    ['sized', { 'content-length': String(SIZE_MIB * MIB) }, 'transfer-encoding'],
    ['chunked', { 'transfer-encoding': 'chunked' }, 'content-length'],
  ])('arrive upstream unharmed, %s as they were sent', async (_kind, headers, absent) => {
    act = echo;
    const request = open(world, path, { method: 'POST', headers });
    const answered = answerOf(request);
    await pipeline(blocks(SIZE_MIB), request);
    const answer = await answered;
    const { digest, headers: seen } = JSON.parse(String(await readAll(answer))) as {
      digest: string;
      headers: Record<string, string>;
    };
    expect(digest).toBe(digestOf(SIZE_MIB));
    expect(seen).toMatchObject(headers);
    expect(seen).not.toHaveProperty(absent);
  });

  it.each([
    ['sized, over HTTP/1.1', path, { 'content-length': String(SIZE_MIB * MIB) }],
    ['chunked, over HTTP/1.1', path, {}],
    ['sized, over HTTP/2', watch, { 'content-length': String(SIZE_MIB * MIB) }],
    ['chunked, over HTTP/2', watch, {}],
  ])('come back unharmed, %s', async (_kind, target, headers) => {
    act = (_request, response) => {
      response.writeHead(200, headers);
      blocks(SIZE_MIB).pipe(response);
    };
    const request = open(world, target);
    request.end();
    const answer = await answerOf(request);
    const hash = createHash('sha256');
    for await (const chunk of answer) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(digestOf(SIZE_MIB));
    expect(answer.complete).toBe(true);
  });
});

describe('an event', () => {
  it.each([
    ['HTTP/2', watch],
    ['HTTP/1.1', '/clusters/up/api/v1/namespaces/a/services/web/proxy/events'],
  ])(
    'reaches the client by itself, however small, behind headers that went at once (%s)',
    async (_protocol, target) => {
      let write: ((text: string) => void) | undefined;
      act = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        write = (text) => response.write(text);
      };
      const request = open(world, target);
      request.end();
      const answer = await answerOf(request);
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        const sent = performance.now();
        const received = new Promise((resolve) => answer.once('data', resolve));
        write?.('x');
        expect(String(await received)).toBe('x');
        times.push(performance.now() - sent);
      }
      times.sort((a, b) => a - b);
      console.log(
        `one byte from upstream to client: median ${times[10]?.toFixed(2)} ms, most ${times[19]?.toFixed(2)} ms`,
      );
      answer.destroy();
    },
  );
});

describe('answers without a body', () => {
  it('HEAD keeps the length that GET would have', async () => {
    act = (_request, response) => void response.writeHead(200, { 'content-length': '12345' }).end();
    const asked = await ask(world, path, { method: 'HEAD' });
    expect([asked.status, asked.headers['content-length'], asked.body.length]).toEqual([200, '12345', 0]);
  });

  it.each([204, 304])('%i has neither body nor length of ours', async (status) => {
    act = (_request, response) => void response.writeHead(status, { etag: '"x"' }).end();
    for (const target of [path, watch]) {
      const asked = await ask(world, target);
      expect([asked.status, asked.headers.etag, asked.body.length, asked.broken]).toEqual([
        status,
        '"x"',
        0,
        undefined,
      ]);
      expect(asked.headers['transfer-encoding']).toBeUndefined();
    }
  });

  it('leave the client’s connection usable', async () => {
    act = (request, response) => {
      response
        .writeHead(request.url?.includes('none') ? 204 : 200)
        .end(request.url?.includes('none') ? undefined : 'ok');
    };
    const socket = await connectTo(world);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    const head = `HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\n\r\n`;
    for (const target of [`HEAD ${path}`, `GET ${path}?none`, `GET ${watch}&none`, `GET ${path}`]) {
      socket.write(`${target} ${head}`);
      const answers = text.split('HTTP/1.1 ').length;
      await until(() => text.split('HTTP/1.1 ').length > answers, 2000, target);
    }
    await until(() => text.endsWith('ok\r\n0\r\n\r\n') || text.endsWith('ok'), 5000, 'the last answer');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 204', 'HTTP/1.1 200']);
    socket.destroy();
  });
});

describe('trailers', () => {
  it.each([
    ['HTTP/1.1', path],
    ['HTTP/2', watch],
  ])('come through behind the body, but for those that a head may not have (%s)', async (_protocol, target) => {
    act = (_request, response) => {
      response.writeHead(200, { trailer: 'x-checksum, set-cookie, content-length' });
      response.write('body');
      response.addTrailers({
        'x-checksum': 'abc',
        'set-cookie': '__Host-gatehouse=x',
        'content-security-policy': 'none',
      });
      response.end();
    };
    const asked = await ask(world, target);
    expect([String(asked.body), asked.broken]).toEqual(['body', undefined]);
    expect(asked.trailers).toEqual({ 'x-checksum': 'abc' });
  });
});

describe('Expect: 100-continue', () => {
  const send = async (
    token: string,
  ): Promise<{ socket: Awaited<ReturnType<typeof connectTo>>; read: () => string }> => {
    const socket = await connectTo(world);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${token}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
    );
    return { socket, read: () => text };
  };

  it('is refused before the body where the request is', async () => {
    const { socket, read } = await send('nonsense');
    await until(() => read().includes('}'), 5000, 'the refusal');
    expect(read()).toMatch(/^HTTP\/1\.1 401/);
    socket.destroy();
  });

  it('is answered once the person may, and the identity goes along', async () => {
    act = echo;
    const { socket, read } = await send(world.token);
    await until(() => read() === 'HTTP/1.1 100 Continue\r\n\r\n', 5000, 'the 100');
    socket.write('body');
    await until(() => read().includes('"digest"'), 5000, 'the answer');
    expect(read()).toContain(createHash('sha256').update('body').digest('hex'));
    expect(read()).toContain('"impersonate-user":"alice"');
    expect(read()).not.toContain('"expect"');
    socket.destroy();
  });
});

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
