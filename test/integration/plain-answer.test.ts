import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { reasonPhrase, type ClientResponse } from '#http';
import { until } from '../support/ask-gateway.ts';
import { connectClient, get, serve, sized, stopLater, stopServed, type Answering } from '../support/serve-plain.ts';

afterEach(stopServed);

/** Node sends the chunks of one turn of the event loop as one. */
function joinChunks(text: string): string {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  let body = rest.join('\r\n\r\n');
  if (!head.includes('chunked') || body === '') return text;
  let joined = '';
  for (;;) {
    const [size = ''] = /^[0-9a-f]+/.exec(body) ?? [];
    const length = Number.parseInt(size, 16);
    if (!(length > 0)) return `${head}|${joined}|${body}`;
    joined += body.slice(size.length + 2, size.length + 2 + length);
    body = body.slice(size.length + 2 + length + 2);
  }
}

describe('an answer', () => {
  const answers: Record<string, Answering> = {
    'with a length': (answer) => sized(answer, 'abc'),
    'with a length, in two': (answer) => {
      answer.writeHead(200, 'Fine', ['Content-Length', '6', 'Content-Type', 'a/b']);
      answer.write(Buffer.from('abc'));
      answer.end(Buffer.from('def'));
    },
    'without a length': (answer) => {
      answer.writeHead(200, reasonPhrase(200), ['X-Odd', 'a "b"']);
      answer.flushHeaders();
      answer.write(Buffer.from('abc'));
      answer.write(Buffer.alloc(0));
      answer.write(Buffer.alloc(40_000, 'x'));
      answer.end(Buffer.from('end'));
    },
    'without a length, in one': (answer) => {
      answer.writeHead(200, reasonPhrase(200), []);
      answer.end('abc', 'latin1');
    },
    'with trailers': (answer) => {
      answer.writeHead(200, reasonPhrase(200), ['Trailer', 'X-Sum']);
      answer.write(Buffer.from('abc'));
      answer.addTrailers([['X-Sum', '1']]);
      answer.end();
    },
    'without a body': (answer) => {
      answer.writeHead(200, reasonPhrase(200), ['Content-Length', '0']);
      answer.end();
    },
    'that is 204': (answer) => {
      answer.writeHead(204, reasonPhrase(204), []);
      answer.end();
    },
    'that is 304': (answer) => {
      answer.writeHead(304, reasonPhrase(304), ['ETag', '"1"']);
      answer.end();
    },
    'of a status without a name': (answer) => {
      answer.writeHead(599, reasonPhrase(599), ['Content-Length', '0']);
      answer.end();
    },
  };

  const cases = Object.entries(answers).flatMap(([what, act]) => [
    ['GET', what, act] as const,
    ['HEAD', what, act] as const,
  ]);
  // Node throws where the answer to a HEAD names trailers.
  it.each(cases.filter(([method, what]) => method === 'GET' || what !== 'with trailers'))(
    'to %s %s has the bytes that Node would write',
    async (method, _what, act) => {
      const plain = await serve(false, (answer) => {
        answer.sendDate = false;
        act(answer, '');
      });
      const node = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
        response.sendDate = false;
        act(response as ClientResponse, '');
      });
      await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
      stopLater(async () => {
        node.closeAllConnections();
        await new Promise((resolve) => node.close(resolve));
      });
      const texts: string[] = [];
      for (const port of [plain.port, (node.address() as AddressInfo).port]) {
        const client = await connectClient({ ...plain, port });
        client.socket.write(`${method} / HTTP/1.1\r\nHost: gate\r\n\r\n`);
        await until(() => client.text().includes('\r\n\r\n'), 5000, 'an answer');
        await new Promise((resolve) => setTimeout(resolve, 50));
        texts.push(joinChunks(client.text()));
        client.socket.destroy();
      }
      expect(texts[0]).toBe(texts[1]);
    },
  );

  it('has the bytes of a header’s value as they were received', async () => {
    const served = await serve(false, (answer) => {
      answer.writeHead(200, reasonPhrase(200), ['X-Odd', 'caf\xc3\xa9']);
      answer.flushHeaders();
    });
    const client = await connectClient(served);
    client.socket.write(get('/'));
    await until(() => client.text().includes('\r\n\r\n'), 2000, 'the head');
    expect(client.text()).toContain('X-Odd: caf\xc3\xa9\r\n');
  });

  it('is refused where a header would begin another, and nothing of it is sent', async () => {
    const thrown: string[] = [];
    const served = await serve(false, (answer) => {
      for (const [name, value] of [
        ['X', 'a\r\nY: b'],
        ['X\r\nY', 'a'],
        ['X', '\u2028'],
        ['X', 'a\0'],
      ] as const)
        try {
          answer.writeHead(200, reasonPhrase(200), [name, value]);
        } catch (error) {
          thrown.push((error as Error).name);
        }
      try {
        answer.writeHead(200, 'a\r\nb', []);
      } catch (error) {
        thrown.push((error as Error).name);
      }
      answer.destroy();
    });
    const client = await connectClient(served);
    client.socket.write(get('/'));
    await until(() => client.ended(), 2000, 'the end');
    expect([thrown.length, new Set(thrown), client.text()]).toEqual([5, new Set(['TypeError']), '']);
  });
});
