import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchJson } from '#identity';

let server: Server;
let base: string;
let ca: string;
let pair: Awaited<ReturnType<typeof generate>>;
let asked: string[] = [];

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/good': (response) => response.end('{"a":1}'),
  '/redirect': (response) => response.writeHead(302, { location: `${base}/good` }).end(),
  '/missing': (response) => response.writeHead(404).end('{"a":1}'),
  '/created': (response) => response.writeHead(201).end('{"a":1}'),
  '/broken': (response) => response.end('{"a":'),
  '/page': (response) => response.end('<html>'),
  '/large': (response) => response.end(`"${'x'.repeat(1024 * 1024)}"`),
  '/endless-error': (response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => {},
  // A byte now and then keeps an idle time-out quiet for ever.
  '/drip': (response) => {
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  },
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"a":1}');
    setTimeout(() => response.destroy(), 20);
  },
};

beforeAll(async () => {
  pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }] as never,
  });
  ca = pair.cert;
  server = createServer({ cert: pair.cert, key: pair.private }, (request, response) => {
    asked.push(request.url ?? '');
    answers[request.url ?? '']?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  base = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('fetchJson', () => {
  test.each([
    ['/redirect', 'answered 302'],
    ['/missing', 'answered 404'],
    ['/created', 'answered 201'],
    ['/broken', 'did not answer with JSON'],
    ['/page', 'did not answer with JSON'],
    ['/large', 'more than 1048576 bytes'],
    ['/endless-error', 'answered 500'],
    ['/cut', 'aborted'],
    ['/silent', 'did not answer in time'],
    ['/drip', 'did not answer in time'],
  ])('refuses the answer of %s: %s', async (path, message) => {
    asked = [];
    await expect(fetchJson(base + path, ca, { timeoutMs: 500, allowLoopback: true })).rejects.toThrow(message);
    // A redirect is not followed.
    expect(asked).toEqual([path]);
  });

  test('asks no server whose certificate it cannot verify', async () => {
    asked = [];
    await expect(fetchJson(`${base}/good`, undefined, { allowLoopback: true })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    const byAddress = createServer({ cert: pair.cert, key: pair.private }, (request) => asked.push(request.url ?? ''));
    await new Promise<void>((resolve) => byAddress.listen(0, '127.0.0.1', resolve));
    const address = `https://127.0.0.1:${(byAddress.address() as AddressInfo).port}`;
    await expect(fetchJson(`${address}/good`, ca, { allowLoopback: true })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    byAddress.close();
    expect(asked).toEqual([]);
  });

  test.each(['http://localhost/', 'file:///etc/passwd', 'data:application/json,1', 'no url'])(
    'refuses %s',
    async (url) => {
      await expect(fetchJson(url, ca, { allowLoopback: true })).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_INVALID_(PROTOCOL|URL)$/),
      });
    },
  );

  test('gives the document', async () => {
    expect(await fetchJson(`${base}/good`, ca, { allowLoopback: true })).toEqual({ a: 1 });
  });
});
