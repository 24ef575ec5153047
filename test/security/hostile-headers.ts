/** Headers beside an otherwise allowed request, and that they are refused: 400, 403 or 431. */
type Case = readonly [title: string, headers: readonly string[]];

const inAllCasings = (name: string): string[] => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  [...name].map((char, at) => (at % 2 === 0 ? char.toLowerCase() : char.toUpperCase())).join(''),
];

const IMPERSONATION = [
  'Impersonate-User',
  'Impersonate-Group',
  'Impersonate-Uid',
  'Impersonate-Extra-Scopes',
  'Impersonate-',
];
const IDENTITY = [
  'Authorization',
  'Impersonate-User',
  'Impersonate-Group',
  'X-Remote-User',
  'X-Remote-Extra-a',
  'Audit-ID',
];
const fill = (count: number): string[] => Array.from({ length: count }, (_, i) => `X-Fill-${i}: 1`);

const websocket = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];

export const HEADERS: readonly Case[] = [
  ...IMPERSONATION.flatMap(inAllCasings).map((name): Case => [name, [`${name}: system:admin`]]),
  ['an empty Impersonate-User', ['Impersonate-User:']],
  ['Impersonate-User twice', ['Impersonate-User: alice', 'impersonate-user: system:admin']],
  ['Impersonate-Group beside a harmless user', ['Impersonate-User: alice', 'Impersonate-Group: system:masters']],
  ...[
    'Impersonate_User',
    'impersonate-user_',
    'IMPERSONATE_GROUP',
    'X_Remote_User',
    'X-Remote_Group',
    'X_Forwarded_For',
    'X_Real_Ip',
    '_',
  ].map((name): Case => [`${name}, an underscore`, [`${name}: root`]]),
  ...IDENTITY.flatMap(inAllCasings).map((name): Case => [`Connection that lists ${name}`, [`Connection: ${name}`]]),
  ['Connection that lists one among others', ['Connection: close, Impersonate-User']],
  ['Connection that lists one behind a tab', ['Connection: keep-alive ,\timpersonate-user']],
  ['Connection that lists one behind empty words', ['Connection: ,,authorization,']],
  ['a second Connection that lists one', ['Connection: keep-alive', 'connection: X-Remote-User']],
  ['a second Host', ['Host: other']],
  ['a second Authorization', ['Authorization: Bearer other']],
  ['a second Authorization in another case', ['aUTHORIZATION: Basic eA==']],
  ['impersonation behind 990 headers', [...fill(990), 'Impersonate-User: system:admin']],
  ['impersonation behind more headers than are judged', [...fill(1100), 'Impersonate-User: system:admin']],
  ['impersonation behind thousands of headers', [...fill(4000), 'Impersonate-User: system:admin']],
  ['more header bytes than are read', [`X-Big: ${'a'.repeat(70_000)}`]],
  ...['X-HTTP-Method-Override', 'x-http-method', 'X-METHOD-OVERRIDE'].map((name): Case => [name, [`${name}: DELETE`]]),
  ['an upgrade to h2c', ['Connection: Upgrade', 'Upgrade: h2c']],
  ['an upgrade to something else', ['Connection: Upgrade', 'Upgrade: tls/1.2']],
  ['two upgrades', ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: SPDY/3.1']],
  ['a WebSocket of what has no stream', ['Connection: Upgrade', ...websocket]],
  [
    'a bearer subprotocol beside the bearer',
    ['Connection: Upgrade', ...websocket, 'Sec-WebSocket-Protocol: x, base64url.bearer.authorization.k8s.io.YWJj'],
  ],
  ['Content-Length beside Transfer-Encoding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
  ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
  ['another coding', ['Transfer-Encoding: gzip, chunked']],
  ['a hidden coding', ['Transfer-Encoding: xchunked']],
  ...['4x', '+4', '-1', '0x4', '4, 4', ''].map((length): Case => [
    `Content-Length ${length}`,
    [`Content-Length: ${length}`],
  ]),
];

const PODS = '/api/v1/namespaces/team-a/pods';
const get = (port: number, ...rest: string[]): string =>
  [`GET ${PODS} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...rest, '', ''].join('\r\n');

/** What is no request, or none that a stage could see: 400 or 401. Bytes. */
export const brokenRequests = (port: number): readonly (readonly [title: string, bytes: string])[] => [
  ['a control byte in the target', `GET ${PODS}/\u0001 HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a NUL in the target', `GET ${PODS}/\0 HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a tab in the target', `GET ${PODS}/\t HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a carriage return in the target', `GET ${PODS}\r HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a blank in the target', `GET ${PODS} x HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['no HTTP at all', 'HELLO\r\n\r\n'],
  ['no target', 'GET HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['another protocol', `GET ${PODS} ICE/1.0\r\nHost: x\r\n\r\n`],
  ['HTTP/2 in clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a header without a colon', get(port, 'X')],
  ['a header without a name', get(port, ': x')],
  ['a line break within a header', get(port, 'X: a\nImpersonate-User: root')],
  ['a carriage return within a header', get(port, 'X: a\rImpersonate-User: root')],
  ['a NUL within a header', get(port, 'X: a\0b')],
  ['a folded header', get(port, 'X: a\r\n Impersonate-User: root')],
  ['a header name with a blank', get(port, 'Impersonate-User : root')],
  ['a header name with a blank in it', get(port, 'Impersonate User: root')],
  ['a header name with an 8-bit byte', get(port, 'Impersonate\xad-User: root')],
  ['no Host', `GET ${PODS} HTTP/1.1\r\n\r\n`],
];
