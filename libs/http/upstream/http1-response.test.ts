import { describe, expect, it } from 'vitest';
import { ResponseReader } from './http1-response.ts';

interface Told {
  statusCode: number;
  rawHeaders: string[];
  body: string;
  trailers: string[] | undefined;
  problem: string | undefined;
  reusable: boolean;
}

/** Reads `bytes` in pieces of the given sizes (the last one repeats), then the end of the connection if that is asked for. */
function read(bytes: string, options: { isHead?: boolean; sizes?: number[]; ends?: boolean } = {}): Told {
  const { isHead = false, sizes = [Infinity], ends = false } = options;
  const told: Told = {
    statusCode: 0,
    rawHeaders: [],
    body: '',
    trailers: undefined,
    problem: undefined,
    reusable: false,
  };
  const reader = new ResponseReader();
  reader.begin(
    {
      head(statusCode, rawHeaders) {
        Object.assign(told, { statusCode, rawHeaders });
      },
      data: (chunk) => void (told.body += chunk.toString('latin1')),
      end: (trailers) => void (told.trailers = trailers),
    },
    isHead,
  );
  const all = Buffer.from(bytes, 'latin1');
  for (let at = 0, piece = 0; at < all.length && told.problem === undefined; piece++) {
    const size = sizes[Math.min(piece, sizes.length - 1)] as number;
    told.problem = reader.read(all.subarray(at, at + size));
    at += size;
  }
  if (ends) reader.readEnd();
  told.reusable = reader.reusable;
  return told;
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer that two parsers could read in two ways', () => {
  it.each([
    ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`],
    ['a length beside chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a length with a sign', `${OK}Content-Length: +2\r\n\r\nok`],
    ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\nok`],
    ['an empty length', `${OK}Content-Length:\r\n\r\nok`],
    ['two codings', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded line', `${OK}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 0\r\n\r\n`],
    ['a line without a name', `${OK}: b\r\n\r\n`],
    ['a line without a colon', `${OK}Content-Length\r\n\r\n`],
    ['a bare line feed', `${OK}A: b\nContent-Length: 0\r\n\r\n`],
    ['a bare carriage return', `${OK}A: b\rContent-Length: 0\r\n\r\n`],
    ['a NUL', `${OK}A: b\0\r\nContent-Length: 0\r\n\r\n`],
    ['a blank line in front', `\r\n${OK}Content-Length: 0\r\n\r\n`],
    ['another protocol', 'HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17)],
    ['a head of more than 256 KiB', `${OK}A: ${'b'.repeat(256 * 1024)}\r\n\r\n`],
    ['a head without end', `${OK}A: ${'b'.repeat(300 * 1024)}`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n;x\r\n`],
    ['a chunk with a negative size', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk of more than can be counted', `${OK}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\n`],
    ['a chunk that is longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n0\r\n\r\n`],
    ['a chunk line without end', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(9000)}`],
    ['a chunk with a blank before its extension', `${OK}Transfer-Encoding: chunked\r\n\r\n2 ;x\r\nok\r\n0\r\n\r\n`],
    ['an interim answer with a length', `HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nok${OK}\r\n`],
    ['a length in trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 2\r\n\r\n`],
    ['a folded trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n c\r\n\r\n`],
  ])('is a fault, in one piece or byte by byte: %s', (_what, bytes) => {
    expect(read(bytes)).toMatchObject({ problem: expect.any(String), trailers: undefined });
    if (bytes.length < 20_000)
      expect(read(bytes, { sizes: [1] })).toMatchObject({ problem: expect.any(String), trailers: undefined });
  });

  it('is not whole while bytes are missing, and not by the end of its connection', () => {
    for (const bytes of [OK, `${OK}Content-Length: 3\r\n\r\nok`, `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`])
      expect(read(bytes, { ends: true })).toMatchObject({ problem: undefined, trailers: undefined });
  });

  it('leaves its connection to nobody where more follows', () => {
    const answer = `${OK}Content-Length: 2\r\n\r\nok`;
    expect(read(`${answer}${OK}Content-Length: 4\r\n\r\nevil`)).toMatchObject({ body: 'ok', reusable: false });
    expect(read(`${OK}Content-Length: 0\r\n\r\nx`)).toMatchObject({ body: '', trailers: [], reusable: false });
    expect(read(`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx`)).toMatchObject({ trailers: [], reusable: false });
    // A HEAD's answer has no body, whatever its server thinks.
    expect(read(answer, { isHead: true })).toMatchObject({ body: '', trailers: [], reusable: false });
  });
});

describe('an answer', () => {
  it.each<[string, string, Partial<Told>, { isHead?: boolean; ends?: boolean }?]>([
    [
      'of a known length',
      `${OK}Content-Type: text/plain\r\ncontent-length:  2 \t\r\nX: \r\n\r\nok`,
      { rawHeaders: ['Content-Type', 'text/plain', 'content-length', '2', 'X', ''], body: 'ok', reusable: true },
    ],
    ['without a reason', 'HTTP/1.1 204\r\n\r\n', { statusCode: 204, reusable: true }],
    ['without a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', { body: '', reusable: true }],
    ['to a HEAD', `${OK}Transfer-Encoding: chunked\r\n\r\n`, { body: '', reusable: true }, { isHead: true }],
    ['of no length', `${OK}\r\nok`, { body: 'ok', reusable: false }, { ends: true }],
    ['that closes', `${OK}Connection: x, Close\r\nContent-Length: 2\r\n\r\nok`, { body: 'ok', reusable: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { body: 'ok', reusable: false }],
    [
      'behind interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`,
      { statusCode: 200, rawHeaders: ['Content-Length', '2'], body: 'ok', reusable: true },
    ],
    [
      'in chunks, with extensions and trailers',
      `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0A;x="y"\r\n0123456789\r\n0\r\nA: b\r\nC:d\r\n\r\n`,
      { body: 'ok0123456789', trailers: ['A', 'b', 'C', 'd'], reusable: true },
    ],
    ['with bytes above 127', `${OK}A: \xfc\r\nContent-Length: 1\r\n\r\n\xff`, { body: '\xff', reusable: true }],
  ])('%s reads alike however it is cut', (_what, bytes, expected, options = {}) => {
    const whole = read(bytes, options);
    expect(whole).toMatchObject({ trailers: [], ...expected, problem: undefined });
    for (let first = 1; first <= bytes.length; first++) {
      expect(read(bytes, { ...options, sizes: [first, Infinity] })).toEqual(whole);
      expect(read(bytes, { ...options, sizes: [first, 1] })).toEqual(whole);
    }
  });
});
