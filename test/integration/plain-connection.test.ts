import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { reasonPhrase } from '#http';
import { until } from '../support/ask-gateway.ts';
import { connectClient, get, serve, sized, stopServed } from '../support/serve-plain.ts';

afterEach(stopServed);

const bodiesOf = (text: string): string[] =>
  [...text.matchAll(/\r\n\r\n(\S*?)(?=HTTP|$)/g)].map((found) => found[1] ?? '');

describe.each([
  ['with TLS', true],
  ['without TLS', false],
])('a connection %s', (_how, tls) => {
  it('answers requests that come together one behind the other, each when the one before is over', async () => {
    let open = 0;
    let most = 0;
    const served = await serve(tls, (answer, url) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        sized(answer, url);
      }, 5);
    });
    const client = await connectClient(served);
    const urls = Array.from({ length: 40 }, (_, index) => `/${index}`);
    const all = urls.map((url) => get(url)).join('');
    client.socket.write(all.slice(0, 700));
    client.socket.write(all.slice(700));
    await until(() => client.text().endsWith('/39'), 5000, 'the last answer');
    // One of them was cut in two by the writes above, and is Node's with all that follow; its answers are hashes of nothing.
    const plain = served.asked.filter((line) => line.startsWith('plain'));
    expect(most).toBe(1);
    expect(served.asked.map((line) => line.split(' ')[1])).toEqual(urls);
    expect(plain.length).toBeGreaterThan(0);
  });

  it('goes to Node’s server with the first request that has a body, none of whose bytes are lost or out of order', async () => {
    const served = await serve(tls, (answer) => sized(answer, 'plain'));
    const body = randomBytes(3 * 1024 * 1024);
    const hash = createHash('sha256').update(body).digest('hex');
    const client = await connectClient(served);
    const post = `POST /a HTTP/1.1\r\nHost: gate\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.socket.write(Buffer.concat([Buffer.from(get('/0') + post), body, Buffer.from(get('/b'))]));
    await until(() => client.text().split('HTTP/1.1 200').length === 4, 5000, 'three answers');
    expect(served.asked).toEqual(['plain /0', 'node /a', 'node /b']);
    expect(client.text()).toContain(hash);
  });

  it.each([
    ['its first', ''],
    ['one behind another', get('/0')],
    ['one behind so many that they waited', get('/0').repeat(4000)],
  ])('that Node’s server has with %s request is held back where nobody reads the body', async (_which, before) => {
    const served = await serve(tls, (answer) => setImmediate(() => sized(answer, 'plain')));
    const { socket } = await connectClient(served);
    socket.write(`${before}POST /node-stalled HTTP/1.1\r\nHost: gate\r\nContent-Length: 1000000000\r\n\r\n`);
    const chunk = Buffer.alloc(1024 * 1024);
    let written = 0;
    while (socket.writableLength < 8 * chunk.length && written++ < 100) {
      socket.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => served.stalled.length === 1, 10_000, 'the request');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(served.stalled[0]?.readableLength).toBeLessThan(256 * 1024);
    expect(written).toBeLessThan(100);
  });

  it('goes to Node’s server with a head in pieces, which cuts it off when it never ends', async () => {
    const served = await serve(tls, (answer) => sized(answer, 'plain'), { headersSeconds: 1 });
    const whole = await connectClient(served);
    whole.socket.write(get('/a').slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    whole.socket.write(get('/a').slice(10));
    await until(() => whole.text().includes('HTTP/1.1 200'), 5000, 'the answer');
    expect(served.asked).toEqual(['node /a']);
    const never = await connectClient(served);
    never.socket.write(get('/b').slice(0, 10));
    await until(() => never.ended(), 5000, 'the end');
    expect(never.text()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it.each([
    ['destroyed', (socket: Socket) => socket.destroy(), ''],
    ['ended', (socket: Socket) => socket.end(), ''],
    ['ended, with another request behind', (socket: Socket) => socket.end(), get('/behind')],
  ])('tells an answer within a second that its client has %s', async (_how2, leave, behind) => {
    let closed = 0;
    const served = await serve(tls, (answer) => {
      answer.once('close', () => closed++);
      answer.writeHead(200, reasonPhrase(200), []);
      answer.flushHeaders();
    });
    const client = await connectClient(served);
    client.socket.write(get('/watch'));
    await until(() => client.text().includes('\r\n\r\n'), 5000, 'the head');
    client.socket.write(behind);
    leave(client.socket);
    await until(() => closed === 1, 1000, 'close');
    expect(served.asked).toEqual(['plain /watch']);
  });

  it('answers no more requests of a client that does not read its answers', async () => {
    const served = await serve(tls, (answer) => sized(answer, 'x'.repeat(256 * 1024)));
    const { socket } = await connectClient(served);
    socket.pause();
    socket.write(get('/big').repeat(500));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const before = served.asked.length;
    // What the kernel's buffers hold, and one answer.
    expect(before).toBeLessThan(60);
    socket.resume();
    await until(() => served.asked.length === 500, 20_000, 'all');
  });

  it('ends when it is idle for too long, and when it never asks, but not while it is being answered', async () => {
    const served = await serve(tls, (answer, url) => setTimeout(() => sized(answer, url), url === '/slow' ? 3500 : 0), {
      headersSeconds: 1,
      idleConnectionSeconds: 1,
    });
    const [never, once, slow] = [await connectClient(served), await connectClient(served), await connectClient(served)];
    const began = performance.now();
    once.socket.write(get('/once'));
    slow.socket.write(get('/slow'));
    await until(() => never.ended(), 4000, 'the end of one that never asked');
    await until(() => once.ended(), 6000, 'the end of an idle one');
    expect(performance.now() - began).toBeGreaterThan(2000);
    await until(() => slow.text().endsWith('/slow'), 6000, 'the slow answer');
    expect([never.text(), slow.ended()]).toEqual(['', false]);
  });

  it('ends at a shutdown: at once where it is idle, else behind the answer, which says so', async () => {
    const served = await serve(tls, (answer, url) => setTimeout(() => sized(answer, url), url === '/slow' ? 300 : 0));
    const [idle, slow] = [await connectClient(served), await connectClient(served)];
    idle.socket.write(get('/once'));
    await until(() => idle.text().endsWith('/once'), 5000, 'the answer');
    slow.socket.write(get('/slow'));
    await until(() => served.asked.includes('plain /slow'), 5000, 'the request');
    served.close();
    await until(() => idle.ended() && slow.ended(), 2000, 'both ends');
    expect(idle.text()).toContain('Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n');
    expect(slow.text()).toMatch(/Connection: close\r\n[^]*\/slow$/);
  });

  it('ends behind the answer to a request that says so, and answers nothing after it', async () => {
    const served = await serve(tls, (answer, url) => sized(answer, url));
    const client = await connectClient(served);
    client.socket.write(get('/last', 'Connection: close\r\n') + get('/after'));
    await until(() => client.ended(), 2000, 'the end');
    expect(bodiesOf(client.text())).toEqual(['/last']);
    expect(served.asked).toEqual(['plain /last']);
  });
});
