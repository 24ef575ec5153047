import { request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ResponseReader } from '../../libs/http/upstream/http1-response.ts';
import { createRandom, mutate } from '../support/mutate-text.ts';

/** One answer as it was read to its end; undefined where it was refused, or is not whole. */
interface Reading {
  readonly statusCode: number | undefined;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

interface Case {
  readonly text: string;
  readonly isHead: boolean;
}

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum:  1 \r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\n\r\nuntil the end',
  'HTTP/1.1 204 No Content\r\nX-Empty:\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
];

const PIECES = (
  String.raw`\r|\n|\r\n|\r\n\r\n| |\t|:|\0|\x7f|\x80|\xff|;|,|0|1|a|F|-|+|0x5|5\r\nhello\r\n|0\r\n\r\n|00000000000000000005\r\n` +
  String.raw`|\r\nContent-Length: 3|\r\nContent-Length: 11|\r\nContent-Length: 0|\r\nContent-Length: 1, 1|\r\ncontent-length : 3` +
  String.raw`|\r\nTransfer-Encoding: chunked|\r\nTransfer-Encoding: identity|\r\nTransfer-Encoding: gzip, chunked|\r\nTrailer: X-Sum` +
  String.raw`|\r\nConnection: close|\r\nConnection: keep-alive|\r\nConnection: upgrade\r\nUpgrade: websocket|\r\n folded|\r\n\tfolded: 1` +
  String.raw`|\r\n: nameless|\r\nX Y: 1|\r\nX-\x01: 1|HTTP/1.1 |HTTP/1.0 |HTTP/2 | 304 | 100 Continue\r\n\r\n|HTTP/1.1 200 OK\r\n\r\n`
)
  .split('|')
  .map((piece) =>
    piece.replaceAll(/\\(r|n|t|0|x[0-9a-f]{2})/g, (_all, code: string) =>
      code.startsWith('x')
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : ({ r: '\r', n: '\n', t: '\t', 0: '\0' }[code] ?? ''),
    ),
  );

/** In pieces of `size()` bytes, as a network would bring it; with the bytes up to the last that was looked at. */
function readByUs({ text, isHead }: Case, size: () => number): { reading: Reading; read: number } | undefined {
  const reader = new ResponseReader();
  const state = { whole: false };
  const found = { statusCode: 0, rawHeaders: [] as string[], rawTrailers: [] as string[], body: '' };
  reader.begin(
    {
      head: (statusCode, rawHeaders) => Object.assign(found, { statusCode, rawHeaders }),
      data: (chunk) => (found.body += chunk.toString('latin1')),
      end: (rawTrailers) => {
        found.rawTrailers = rawTrailers;
        state.whole = true;
      },
    },
    isHead,
  );
  const bytes = Buffer.from(text, 'latin1');
  let at = 0;
  while (at < bytes.length && !state.whole) {
    const next = Math.min(bytes.length, at + size());
    if (reader.read(bytes.subarray(at, next)) !== undefined && !state.whole) return undefined;
    at = next;
  }
  if (!state.whole) reader.readEnd();
  return state.whole ? { reading: found, read: at } : undefined;
}

/** What Node's HTTP client makes of them, each on a connection of its own that ends behind the bytes. */
async function readByNode(cases: readonly Case[]): Promise<(Reading | undefined)[]> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      asked += chunk.toString('latin1');
      const index = /^\S+ \/(\d+) /.exec(asked)?.[1];
      if (asked.includes('\r\n\r\n') && index !== undefined) socket.end(cases[Number(index)]?.text ?? '', 'latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (index: number): Promise<Reading | undefined> =>
    new Promise((resolve) => {
      const asking = request({
        host: '127.0.0.1',
        port,
        agent: false,
        path: `/${index}`,
        method: cases[index]?.isHead ? 'HEAD' : 'GET',
        maxHeaderSize: 256 * 1024,
      });
      asking.on('error', () => resolve(undefined));
      asking.on('upgrade', (_answer, socket) => {
        socket.destroy();
        resolve(undefined);
      });
      asking.on('response', (answer: IncomingMessage) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
        answer.on('error', () => {});
        answer.on('close', () => {
          const { statusCode, rawHeaders, rawTrailers, complete } = answer;
          resolve(complete ? { statusCode, rawHeaders, rawTrailers, body } : undefined);
        });
      });
      asking.end();
    });
  const found: (Reading | undefined)[] = [];
  for (let i = 0; i < cases.length; i += 100)
    found.push(...(await Promise.all(cases.slice(i, i + 100).map((_case, index) => ask(i + index)))));
  await new Promise((resolve) => server.close(resolve));
  return found;
}

it('reads no answer otherwise than Node’s client does, in 20,000 mutated ones', { timeout: 120_000 }, async () => {
  const random = createRandom(17);
  const cases = Array.from({ length: 20_000 }, (_, index) => ({
    text: mutate(ANSWERS[index % ANSWERS.length] as string, PIECES, random),
    isHead: random() < 0.1,
  }));
  const whole = cases.flatMap((one) => {
    const byByte = readByUs(one, () => 1);
    const inPieces = readByUs(one, () => 1 + Math.floor(random() ** 3 * one.text.length));
    expect(inPieces?.reading).toEqual(byByte?.reading);
    // What follows a whole answer is nobody's; Node calls it a fault of the answer, we one of the connection.
    return byByte ? [{ ...one, text: one.text.slice(0, byByte.read), reading: byByte.reading }] : [];
  });
  const byNode = await readByNode(whole);
  const differing = whole.flatMap(({ text, isHead, reading }, index) =>
    JSON.stringify(reading) === JSON.stringify(byNode[index]) ? [] : [{ text, isHead, reading, node: byNode[index] }],
  );
  console.log(`${whole.length} of 20000 taken as whole`);
  expect(whole.length).toBeGreaterThan(3000);
  expect(differing.slice(0, 5)).toEqual([]);
});

it('would see a reading that differs', async () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const cases = [`${chunked}3 ;x\r\nabc\r\n0\r\n\r\n`, `${chunked}3;x\r\nabc\r\n0\r\n\r\n`];
  const [odd, whole] = await readByNode(cases.map((text) => ({ text, isHead: false })));
  expect([odd, whole?.body]).toEqual([undefined, 'abc']);
});
