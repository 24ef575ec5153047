import { sensitiveHeaders } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, ask, open, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream, type UpstreamRequest } from '../support/forward-upstream.ts';
import { startForwardWorld, type ForwardWorld } from '../support/forward-world.ts';

/** Long-running reads over HTTP/2, as an upstream sees them. */
const seen: UpstreamRequest[] = [];
const seenAt = (path: string): UpstreamRequest => {
  const request = seen.find(({ url }) => url === path);
  if (!request) throw new Error(`the upstream has not seen ${path}`);
  return request;
};
const WATCH = '/api/v1/namespaces/a/pods?watch=1';
let upstream: TestUpstream;
let small: TestUpstream;
let old: TestUpstream;
let world: ForwardWorld;

beforeAll(async () => {
  const onRequest: Parameters<typeof startUpstream>[0]['onRequest'] = (request, response) => {
    seen.push(request);
    if (request.url?.includes('selfsubjectreviews')) {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: { userInfo: { username: 'dave-upstream', groups: [] } } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.includes('watch=1') && request.method === 'GET') response.write('{"type":"ADDED"}\n');
    else response.end(`${request.method} ${request.httpVersion}`);
  };
  upstream = await startUpstream({ onRequest });
  small = await startUpstream({ onRequest, maxConcurrentStreams: 10 });
  old = await startUpstream({ onRequest, http2: false });
  world = await startForwardWorld({ up: upstream, small, old });
});

afterAll(async () => {
  await world.stop();
  await Promise.all([upstream.stop(), small.stop(), old.stop()]);
});

const up = (path: string): string => `/clusters/up${path}`;
const http2Of = (server: TestUpstream) => server.open().filter(({ protocol }) => protocol === 'h2');

describe('which way a request goes', () => {
  it('short requests, proxies and whatever has a body go over HTTP/1.1', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/namespaces/a/pods'],
      ['HEAD', WATCH],
      ['POST', '/api/v1/namespaces/a/pods'],
      ['GET', '/api/v1/namespaces/a/services/web/proxy/page'],
      ['GET', '/version?watch=1'],
    ] as const) {
      const request = open(world, up(path), { method });
      request.end(method === 'POST' ? 'x' : undefined);
      (await answerOf(request)).destroy();
      expect(seenAt(path).httpVersion, path).toBe('1.1');
      seen.length = 0;
    }
  });

  it('watches and logs go over HTTP/2, on one connection', async () => {
    const requests = [WATCH, '/api/v1/namespaces/a/pods/p/log?follow=1', '/apis/apps/v1/deployments?watch=true'];
    for (const path of requests) {
      const request = open(world, up(path));
      request.end();
      (await answerOf(request)).destroy();
      expect(seenAt(path).httpVersion, path).toBe('2.0');
    }
    expect(http2Of(upstream)).toHaveLength(1);
    seen.length = 0;
  });

  it('watches go over HTTP/1.1 where the upstream speaks no HTTP/2', async () => {
    const request = open(world, `/clusters/old${WATCH}`);
    request.end();
    const answer = await answerOf(request);
    expect(answer.statusCode).toBe(200);
    expect(String(await new Promise((resolve) => answer.once('data', resolve)))).toContain('ADDED');
    expect(seenAt(WATCH).httpVersion).toBe('1.1');
    answer.destroy();
    seen.length = 0;
  });

  it('a stored token never goes over a connection with the gateway’s certificate', async () => {
    const dave = { ...world, token: await world.tokenOf('dave') };
    const saved = await ask(dave, '/-/me/upstream-tokens/up', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: 'token-of-dave' }),
    });
    expect(saved.status, String(saved.body)).toBe(200);
    for (const token of [dave.token, world.token]) {
      const request = open(world, up(WATCH), { token });
      request.end();
      (await answerOf(request)).destroy();
    }
    const watches = seen.filter(({ url }) => url === WATCH);
    expect(watches.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-dave', undefined]);
    expect(watches.map(({ headers }) => headers['impersonate-user'])).toEqual([undefined, 'alice']);
    expect(http2Of(upstream).map(({ clientCertificate }) => clientCertificate)).toEqual(['gatehouse', '']);
    seen.length = 0;
  });
});

describe('what goes upstream', () => {
  it('holds every byte, one line a group, and no identity in the compression table', async () => {
    const path = '/api/v1/pods?watch=1&resourceVersion=%7e7';
    const request = open(world, up(path), { headers: { 'user-agent': 'kubectl/v1', cookie: 'a=b' } });
    request.setHeader('x-twice', ['one', 'two, three']);
    request.end();
    (await answerOf(request)).destroy();
    const { headers, rawHeaders } = seenAt(path);
    const linesOf = (name: string): string[] =>
      rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1] === name);
    expect(linesOf('impersonate-group').map((line) => Buffer.from(line, 'latin1').toString('utf8'))).toEqual(
      world.groups,
    );
    expect(linesOf('impersonate-user')).toEqual(['alice']);
    expect(linesOf('x-twice')).toEqual(['one', 'two, three']);
    expect(headers[':path']).toBe(path);
    expect(headers[':authority']).toBe(`127.0.0.1:${upstream.port}`);
    expect(headers.authorization).toBeUndefined();
    expect(headers['user-agent']).toBe('kubectl/v1');
    const marked = (headers as unknown as Record<symbol, readonly string[]>)[sensitiveHeaders];
    expect(new Set(marked)).toEqual(new Set(['cookie', 'impersonate-user', 'impersonate-group']));
    seen.length = 0;
  });
});

describe('connections', () => {
  it('are as many as the streams that the peer allows make needed, and shared as they become free', async () => {
    const watches = await Promise.all(
      Array.from({ length: 25 }, async () => {
        const request = open(world, `/clusters/small${WATCH}`);
        request.end();
        return await answerOf(request);
      }),
    );
    expect(watches.map(({ statusCode }) => statusCode)).toEqual(watches.map(() => 200));
    expect(http2Of(small)).toHaveLength(3);
    watches.slice(0, 10).forEach((watch) => watch.destroy());
    await until(() => seen.filter(({ stream }) => stream?.closed).length === 10, 5000, 'the upstream sees ten go');
    const more = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const request = open(world, `/clusters/small${WATCH}`);
        request.end();
        return await answerOf(request);
      }),
    );
    expect(http2Of(small)).toHaveLength(3);
    for (const watch of [...watches, ...more]) watch.destroy();
    seen.length = 0;
  });
});
