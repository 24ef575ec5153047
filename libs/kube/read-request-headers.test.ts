import { describe, expect, it } from 'vitest';
import { readRequestHeaders, type RequestHeaders } from './read-request-headers.ts';

const HOST = ['Host', 'gw.example'];

function read(...raw: string[]): RequestHeaders {
  const result = readRequestHeaders([...HOST, ...raw]);
  if (!result.ok) throw new Error(result.message);
  return result.headers;
}

function codeOf(...raw: string[]): string {
  const result = readRequestHeaders([...HOST, ...raw]);
  return result.ok ? 'accepted' : result.code;
}

const upgrade = (protocol: string, connection = 'Upgrade') => ['Connection', connection, 'Upgrade', protocol];
const bearer = (token: string) => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;

describe('request headers that are refused', () => {
  it('names with an underscore', () => {
    for (const name of ['X_Remote_User', 'Impersonate_User', 'impersonate-user_', 'a_b', '_'])
      expect([name, codeOf(name, 'x')]).toEqual([name, 'badHeader']);
  });
  it('a second Host, Authorization, Content-Length, Transfer-Encoding or Upgrade', () => {
    expect(codeOf('host', 'other')).toBe('badHeader');
    expect(codeOf('HOST', 'gw.example')).toBe('badHeader');
    expect(codeOf('Authorization', 'Bearer a', 'authorization', 'Bearer a')).toBe('badHeader');
    expect(codeOf('Content-Length', '1', 'Content-Length', '1')).toBe('badHeader');
    expect(codeOf('Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked')).toBe('badHeader');
    expect(codeOf('Connection', 'Upgrade', 'Upgrade', 'websocket', 'Upgrade', 'SPDY/3.1')).toBe('badUpgrade');
  });
  it('a Connection that names credentials or identity headers (CVE-2021-31999)', () => {
    const named = [
      'authorization',
      'Authorization',
      'close, AUTHORIZATION',
      'Impersonate-User',
      'impersonate-group',
      'IMPERSONATE-EXTRA-x',
      'impersonate-',
      'X-Remote-User',
      'x-remote-extra-a',
      'Audit-ID',
      'keep-alive ,\timpersonate-uid',
      ',,authorization',
    ];
    for (const value of named) expect([value, codeOf('Connection', value)]).toEqual([value, 'badHeader']);
    expect(codeOf('Connection', 'close', 'connection', 'impersonate-user')).toBe('badHeader');
  });
  it('more than 1000 headers, or more than 64 KiB of them', () => {
    const many = Array.from({ length: 999 }, (_, i) => [`x-${i}`, '']).flat();
    expect(codeOf(...many)).toBe('accepted');
    expect(codeOf(...many, 'Impersonate-User', 'x')).toBe('headersTooLarge');
    expect(codeOf('x', 'a'.repeat(65_500))).toBe('accepted');
    expect(codeOf('x', 'a'.repeat(65_536))).toBe('headersTooLarge');
  });
  it('bodies whose length can be read two ways', () => {
    expect(codeOf('Content-Length', '3', 'Transfer-Encoding', 'chunked')).toBe('badHeader');
    for (const coding of ['gzip, chunked', 'chunked, identity', 'identity', 'xchunked', ''])
      expect([coding, codeOf('Transfer-Encoding', coding)]).toEqual([coding, 'badHeader']);
    for (const length of ['-1', '+1', '1, 1', '0x10', '', ' ', '1e3', '9'.repeat(30)])
      expect([length, codeOf('Content-Length', length)]).toEqual([length, 'badHeader']);
  });
  it('method overrides', () => {
    for (const name of ['X-HTTP-Method-Override', 'x-http-method', 'X-Method-Override'])
      expect([name, codeOf(name, 'DELETE')]).toEqual([name, 'badHeader']);
  });
  it('upgrades to anything but websocket and SPDY/3.1', () => {
    for (const protocol of ['SPDY/3', 'HTTP/2.0', 'websocket, h2c', 'TLS/1.0', 'foo', '', 'websocket2'])
      expect([protocol, codeOf(...upgrade(protocol))]).toEqual([protocol, 'badUpgrade']);
  });
  it('bearer subprotocols that are doubled, alone, empty or no base64url', () => {
    const protocols = [
      `v5.channel.k8s.io, ${bearer('a')}, ${bearer('b')}`,
      bearer('a'),
      'x, base64url.bearer.authorization.k8s.io.',
      'x, base64url.bearer.authorization.k8s.io.a+b=',
      'x, base64url.bearer.authorization.k8s.io.__8',
      `x, ${bearer('a').replace('base64url', 'Base64URL')}`,
    ];
    for (const value of protocols)
      expect([value, codeOf(...upgrade('websocket'), 'Sec-WebSocket-Protocol', value)]).toEqual([value, 'badHeader']);
  });
});

describe('what never goes upstream', () => {
  const dropped = (headers: RequestHeaders) =>
    headers.passThrough.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());

  it('credentials, identity, forwarding and hop-by-hop headers, in any casing', () => {
    const names = [
      'Authorization',
      'Impersonate-User',
      'IMPERSONATE-GROUP',
      'impersonate-extra-scopes',
      'Impersonate-Uid',
      'impersonate-anything',
      'X-Remote-User',
      'x-ReMoTe-group',
      'X-Remote-Extra-A',
      'X-Real-Ip',
      'X-Forwarded-For',
      'x-forwarded-proto',
      'X-Forwarded-Host',
      'X-Forwarded-Prefix',
      'Forwarded',
      'Audit-ID',
      'audit-id',
      'Expect',
      'Keep-Alive',
      'Proxy-Connection',
      'Proxy-Authorization',
      'TE',
      'Trailer',
      'HTTP2-Settings',
      'Upgrade',
    ];
    for (const name of names) expect([name, dropped(read(name, 'x', 'Accept', '*/*'))]).toEqual([name, ['accept']]);
    expect(dropped(read('Content-Length', '3'))).toEqual([]);
    expect(dropped(read('Transfer-Encoding', 'chunked'))).toEqual([]);
    expect(dropped(read('Connection', 'keep-alive'))).toEqual([]);
  });
  it('what Connection names, in whichever of its values', () => {
    expect(dropped(read('X-A', '1', 'Connection', 'close, X-A', 'x-b', '2', 'connection', 'X-B', 'X-C', '3'))).toEqual([
      'x-c',
    ]);
  });
  it("the gateway's cookies; others stay byte for byte", () => {
    const cookies = (...values: string[]) => read(...values.flatMap((value) => ['Cookie', value])).passThrough;
    expect(cookies('__Host-gatehouse-session=secret')).toEqual([]);
    expect(cookies('a=1;  b="x y"; __Host-gatehouse-session=secret; c=3')).toEqual(['Cookie', 'a=1;  b="x y"; c=3']);
    expect(cookies('__host-GATEHOUSE-login=secret;a=1')).toEqual(['Cookie', 'a=1']);
    expect(cookies('a="; __Host-gatehouse-session=secret"')).toEqual(['Cookie', 'a="']);
    expect(cookies('a=1', '__Host-gatehouse-session=s', ' b=2 ;x')).toEqual(['Cookie', 'a=1', 'Cookie', ' b=2 ;x']);
    expect(read('Cookie', 'a=1; __Host-gatehouse-session=s').cookies).toEqual(['a=1; __Host-gatehouse-session=s']);
  });
  it('the bearer subprotocol, on a WebSocket and off it', () => {
    const ws = read(
      ...upgrade('websocket'),
      'Sec-WebSocket-Protocol',
      `v5.channel.k8s.io, ${bearer('tok€n')}`,
      'Sec-WebSocket-Protocol',
      'v4.channel.k8s.io',
    );
    expect(ws.websocketBearer).toBe('tok€n');
    expect(ws.passThrough).toEqual(['Sec-WebSocket-Protocol', 'v5.channel.k8s.io, v4.channel.k8s.io']);
    const plain = read('Sec-WebSocket-Protocol', `v5.channel.k8s.io, ${bearer('token')}`);
    expect(plain.websocketBearer).toBeUndefined();
    expect(plain.passThrough).toEqual(['Sec-WebSocket-Protocol', 'v5.channel.k8s.io']);
  });
});

describe('what is read', () => {
  it('an upgrade, only if Connection says so too', () => {
    expect(read(...upgrade('WebSocket', 'keep-alive, uPgRaDe')).upgrade).toBe('websocket');
    expect(read(...upgrade(' SPDY/3.1 ')).upgrade).toBe('spdy');
    expect(read('Upgrade', 'websocket').upgrade).toBeUndefined();
    expect(read('Upgrade', 'websocket', 'Connection', 'upgraded, x-upgrade').upgrade).toBeUndefined();
    expect(read(...upgrade('h2c', 'Upgrade, HTTP2-Settings'), 'HTTP2-Settings', 'x').upgrade).toBeUndefined();
    expect(read('Connection', 'Upgrade').upgrade).toBeUndefined();
  });
  it('inbound impersonation, in whatever case and however empty', () => {
    for (const name of [
      'Impersonate-User',
      'iMPERSONATE-user',
      'Impersonate-Extra-x',
      'Impersonate-',
      'impersonate-foo',
    ])
      expect([name, read(name, '').hasImpersonation]).toEqual([name, true]);
    for (const name of ['Impersonate', 'X-Impersonate-User', 'Impersonated-User'])
      expect([name, read(name, '').hasImpersonation]).toEqual([name, false]);
  });
  it('repeated headers joined, so that two never equal one', () => {
    expect(read('Origin', 'https://a', 'Origin', 'https://a').origin).toBe('https://a, https://a');
    expect(read('Sec-Fetch-Site', 'same-origin', 'sec-fetch-site', 'cross-site').secFetchSite).toBe(
      'same-origin, cross-site',
    );
    expect(read('X-Forwarded-For', '1.1.1.1', 'x-forwarded-for', '2.2.2.2').forwardedFor).toBe('1.1.1.1, 2.2.2.2');
  });
  it('body and expectation', () => {
    expect(read('Content-Length', '0')).toMatchObject({ contentLength: 0, hasBody: false });
    expect(read('Content-Length', '12', 'Expect', '100-Continue')).toMatchObject({
      contentLength: 12,
      hasBody: true,
      expectContinue: true,
    });
    expect(read('Transfer-Encoding', 'Chunked')).toMatchObject({
      contentLength: undefined,
      hasBody: true,
      expectContinue: false,
    });
    expect(read()).toMatchObject({
      contentLength: undefined,
      hasBody: false,
      host: 'gw.example',
      authorization: undefined,
    });
  });
  it('everything else, repeated, in order, with casing and bytes as received', () => {
    const raw = [
      'X-Stream-Protocol-Version',
      'v5.channel.k8s.io',
      'x-stream-protocol-version',
      'v4.channel.k8s.io',
      'ACCEPT',
      'application/json;as=Table',
      'Accept-Encoding',
      'gzip',
      'Content-Type',
      'application/apply-patch+yaml',
      'User-Agent',
      'kubectl/\xe9',
      'Kubectl-Session',
      '',
    ];
    expect(read(...raw).passThrough).toEqual(raw);
    expect(read(...raw)).toMatchObject({ userAgent: 'kubectl/\xe9', accept: 'application/json;as=Table' });
  });
});
