/** Valid responses of every framing, and what may be wrong with one. */
import { mutate } from '../support/mutate-text.ts';
import { CHUNK_LINES, CODINGS, HEADERS, LENGTHS, PIECES, REASONS, STATUSES, TRAILERS, VERSIONS } from './odd-words.ts';

export const ASKING = ['GET', 'HEAD', 'POST', 'watch', 'proxy', 'websocket', 'SPDY/3.1'] as const;
export type Asking = (typeof ASKING)[number];

export interface Response {
  readonly what: string;
  readonly status: number;
  readonly head: string;
  readonly coded: string;
  readonly body: string;
  readonly untilClose?: boolean;
  /** Of no use to an ordinary request. */
  readonly switches?: boolean;
}

export type Random = () => number;
export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

export function responsesOf(
  asking: Asking,
  { name, mark }: { readonly name: string; readonly mark: string },
  random: Random,
): Response[] {
  const body = mark.repeat(1 + Math.floor(random() ** 4 * 3000));
  const half = Math.floor(body.length / 2);
  const type = 'Content-Type: text/plain\r\n';
  const chunks = [body.slice(0, half), body.slice(half)].map((part) =>
    part ? `${part.length.toString(16)}\r\n${part}\r\n` : '',
  );
  const plain: Response[] = [
    {
      what: 'sized',
      status: 200,
      head: `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\n\r\n`,
      coded: body,
      body,
    },
    {
      what: 'chunked',
      status: 200,
      head: `HTTP/1.1 200 OK\r\n${type}Transfer-Encoding: chunked\r\n\r\n`,
      coded: `${chunks.join('')}0\r\n\r\n`,
      body,
    },
    {
      what: 'chunked with trailers',
      status: 404,
      head: `HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n`,
      coded: `${chunks.join('')}0\r\nX-Sum: 1\r\n\r\n`,
      body,
    },
    {
      what: 'until close',
      status: 200,
      head: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n`,
      coded: body,
      body,
      untilClose: true,
    },
    {
      what: 'HTTP/1.0',
      status: 200,
      head: `HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`,
      coded: body,
      body,
    },
    {
      what: '103 before it',
      status: 200,
      head: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`,
      coded: body,
      body,
    },
    {
      what: 'another reason',
      status: 503,
      head: `HTTP/1.1 503 ${name} is busy\r\nContent-Length: ${body.length}\r\n\r\n`,
      coded: body,
      body,
    },
    { what: '204', status: 204, head: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n', coded: '', body: '' },
    { what: '304', status: 304, head: 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', coded: '', body: '' },
  ];
  if (asking !== 'websocket' && asking !== 'SPDY/3.1') return plain;
  const switched = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${asking}\r\n\r\n`;
  const tunnel: Response = { what: 'tunnel', status: 101, head: switched, coded: body, body, switches: true };
  return [...plain, ...Array.from({ length: 6 }, () => tunnel)];
}

/** What may be wrong with a response, each done to a valid one. */
export const ODDITIES: readonly ((
  response: Response,
  random: Random,
  name: string,
) => { what: string; text: string })[] = [
  ({ head, coded }, random) => {
    const line = `${pick(random, VERSIONS)} ${pick(random, STATUSES)}${pick(random, REASONS)}`;
    return {
      what: `status line ${JSON.stringify(line.slice(0, 60))}`,
      text: line + head.slice(head.indexOf('\r\n')) + coded,
    };
  },
  ({ head, coded }, random) => {
    const status = pick(random, STATUSES);
    return { what: `status ${status}`, text: head.replace(/\d{3}/, status) + coded };
  },
  ({ head, coded }, random) => {
    const reason = pick(random, REASONS);
    return {
      what: `reason ${JSON.stringify(reason.slice(0, 20))}`,
      text: head.replace(/(?<=^HTTP\/1\.\d \d{3})[^\r]*/, () => reason) + coded,
    };
  },
  ({ head, coded }, random) => {
    const header = pick(random, HEADERS);
    return {
      what: `header ${JSON.stringify(header.slice(0, 30))}`,
      text: head.replace(/\r\n/, () => `\r\n${header}\r\n`) + coded,
    };
  },
  ({ head, coded }, random) => {
    const header = pick(random, LENGTHS);
    return {
      what: header,
      text:
        head
          .replace(/\r\n(?:Content-Length|Transfer-Encoding): [^\r]*/i, '')
          .replace(/\r\n/, () => `\r\n${header}\r\n`) + coded,
    };
  },
  ({ head, coded }, random) => {
    const coding = pick(random, CODINGS);
    return {
      what: `coding ${JSON.stringify(coding)}`,
      text:
        head
          .replace(/\r\n(?:Content-Length|Transfer-Encoding): [^\r]*/i, '')
          .replace(/\r\n/, () => `\r\nTransfer-Encoding: ${coding}\r\n`) + coded,
    };
  },
  ({ head, body }, random) => {
    const line = pick(random, CHUNK_LINES);
    return {
      what: `chunk line ${JSON.stringify(line.slice(0, 30))}`,
      text: `${chunkedHead(head)}${line}\r\n${body.slice(0, 5)}\r\n0\r\n\r\n`,
    };
  },
  ({ head, body }, random) => {
    const trailer = pick(random, TRAILERS);
    return {
      what: `trailer ${JSON.stringify(trailer.slice(0, 30))}`,
      text: `${chunkedHead(head)}${body.length.toString(16)}\r\n${body}\r\n0\r\n${trailer}\r\n`,
    };
  },
  ({ head, coded }, random) => {
    const count = pick(random, [1, 3, 40, 400]);
    const interim = pick(random, [
      '100 Continue',
      '102 Processing',
      '103 Early Hints',
      '199 Odd',
      '100 Continue\r\nContent-Length: 3',
      '103 X\r\nConnection: close',
    ]);
    return {
      what: `${count} of ${JSON.stringify(interim)} before it`,
      text: `HTTP/1.1 ${interim}\r\n\r\n`.repeat(count) + head + coded,
    };
  },
  ({ head, coded }) => ({
    what: 'a 101 that nobody asked for',
    text: `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${head}${coded}`,
  }),
  ({ head, coded }, random) => ({ what: 'mutated', text: mutate(head + coded, PIECES, random) }),
  (_response, random) => {
    const text = pick(random, [
      '',
      '\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-x\r\n',
      '\x16\x03\x01\x00\x05hello',
      'HTTP/1.1',
      'H'.repeat(300_000),
      '\0'.repeat(100),
    ]);
    return { what: `no HTTP: ${JSON.stringify(text.slice(0, 20))}`, text };
  },
];

const chunkedHead = (head: string): string =>
  head
    .replace(/\r\n(?:Content-Length|Transfer-Encoding): [^\r]*/i, '')
    .replace(/\r\n\r\n$/, '\r\nTransfer-Encoding: chunked\r\n\r\n');
