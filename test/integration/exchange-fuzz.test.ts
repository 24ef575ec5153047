import { expect, test } from 'vitest';
import { compareSeen } from '../faults/compare-seen.ts';
import { makeCase, markOf } from '../faults/fuzz-cases.ts';
import { judgeFuzzed } from '../faults/judge-fuzz.ts';
import { ResponseReader, type Asked, type ReadResponse } from '../faults/read-responses.ts';
import { describeFuzz, runFuzz } from '../faults/run-fuzz.ts';

/** The same odd upstreams and clients on every run; the long form in `test/long` has new ones. */
const SEED = 20_261_201;
const MILLISECONDS = 12_000;

function read(text: string, asked: Asked = {}): ReadResponse {
  const reader = new ResponseReader();
  reader.ask(asked);
  reader.push(Buffer.from(text, 'latin1'));
  reader.end('cut');
  return reader.responses[0]!;
}

test.each([
  ['HTTP/1.1 200 OK\r\n\r\nbody', 'invalid'],
  ['HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 'invalid'],
  ['HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n', 'invalid'],
  ['HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n', 'invalid'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx', 'invalid'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n', 'invalid'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'invalid'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx', 'cut'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n', 'cut'],
  ['', 'none'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n', 'complete'],
  ['HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', 'complete'],
])('the strict reader takes %j as %s', (text, state) => {
  expect(read(text).state).toBe(state);
});

test('bytes of another exchange are seen, and a mutated mark is not taken for one', () => {
  const fuzzCase = Array.from({ length: 500 }, (_, index) => makeCase(1, index)).find(
    ({ kind, client }) => kind === 'odd' && client === 'stays',
  )!;
  const problemsOf = (body: string): string[] =>
    judgeFuzzed(fuzzCase, read(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`), false).problems;
  const mark = markOf(fuzzCase.name);
  expect(problemsOf(`${mark}${markOf('c0009999')}`)).toEqual(['bytes of another exchange']);
  expect(problemsOf(`${mark}${mark.replace(fuzzCase.name, 'c0009999')}`)).toEqual([]);
});

test('a difference between the own HTTP/1.1 code and Node’s is seen', () => {
  const whole = Array.from({ length: 500 }, (_, index) => makeCase(1, index)).find(
    ({ kind, client, ending }) => kind === 'whole' && client === 'stays' && ending === 'keep',
  )!;
  const right = read('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nDate: a\r\n\r\nx');
  for (const other of [
    'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1\r\n\r\nx',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-More: 1\r\n\r\nx',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx',
  ])
    expect(compareSeen(whole, read(other), right)).toBeDefined();
  expect(compareSeen(whole, read('HTTP/1.1 200 OK\r\nDate: b\r\nContent-Length: 1\r\n\r\nx'), right)).toBeUndefined();
});

test.each([{ plain: false }, { plain: true }])(
  'no odd upstream or client ends the gateway, mixes exchanges, or is seen as a whole response (%j)',
  { timeout: 180_000 },
  async ({ plain }) => {
    const result = await runFuzz({ seed: SEED, plain, milliseconds: MILLISECONDS });
    console.log(describeFuzz(`odd exchanges (${plain ? 'plain HTTP' : 'TLS'}, seed ${SEED})`, result));
    expect(result.problems).toEqual([]);
    expect(result.cases).toBeGreaterThan(100);
  },
);
