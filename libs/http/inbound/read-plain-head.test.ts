import { expect, it } from 'vitest';
import { readPlainHead } from './read-plain-head.ts';

const HEAD = 'GET /api/v1/pods?limit=5 HTTP/1.1\r\nHost: gate.test\r\nAccept:  */* \t\r\nX-Empty:\r\n\r\n';

it('reads a plain request', () => {
  expect(readPlainHead(`${HEAD}rest`)).toEqual({
    method: 'GET',
    target: '/api/v1/pods?limit=5',
    rawHeaders: ['Host', 'gate.test', 'Accept', '*/*', 'X-Empty', ''],
    closes: false,
    end: HEAD.length,
  });
});

it('reads that the connection ends behind the answer', () => {
  expect(readPlainHead(HEAD.replace('X-Empty:', 'connection: Close'))?.closes).toBe(true);
});

it.each([
  ['a head that is not whole', HEAD.slice(0, -1)],
  ['a head of more than 16 KiB', HEAD.replace('X-Empty:', `X-Long: ${'a'.repeat(16 * 1024)}`)],
  ['another method', HEAD.replace('GET', 'DELETE')],
  ['a method in lower case', HEAD.replace('GET', 'get')],
  ['HTTP/1.0', HEAD.replace('1.1', '1.0')],
  ['an absolute target', HEAD.replace('/api', 'https://gate.test/api')],
  ['a target that is not ASCII', HEAD.replace('pods', 'p\xf6ds')],
  ['two blanks in the first line', HEAD.replace('GET ', 'GET  ')],
  ['a line end before the first line', `\r\n${HEAD}`],
  ['a length', HEAD.replace('X-Empty:', 'Content-Length: 0')],
  ['a transfer coding', HEAD.replace('X-Empty:', 'transfer-encoding: chunked')],
  ['an upgrade', HEAD.replace('X-Empty:', 'Upgrade: websocket')],
  ['an expectation', HEAD.replace('X-Empty:', 'Expect: 100-continue')],
  ['a connection that names headers', HEAD.replace('X-Empty:', 'Connection: keep-alive, X-Empty')],
  ['a folded line', HEAD.replace('X-Empty:', ' folded')],
  ['a bare line feed', HEAD.replace('Accept:', '\nAccept:')],
  ['a bare carriage return', HEAD.replace('Accept:', 'X: \rAccept:')],
  ['a blank before the colon', HEAD.replace('Accept:', 'Accept :')],
  ['a control character', HEAD.replace('*/*', '\x01')],
  ['a header without a name', HEAD.replace('Accept:', ':')],
  ['a line without a colon', HEAD.replace('Accept:', 'Accept')],
])('leaves %s to Node', (_what, text) => {
  expect(readPlainHead(text)).toBeUndefined();
});
