import { describe, expect, it } from 'vitest';
import { responseHeadersForClient, trailersForClient } from './response-headers.ts';
import { statusBody } from './status-body.ts';

const ADDED = [
  'Content-Security-Policy',
  'sandbox',
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Audit-Id',
  'id-1',
];

function answer(raw: string[], options: Partial<Parameters<typeof responseHeadersForClient>[1]> = {}): string[] {
  const out = responseHeadersForClient(raw, {
    clusterPrefix: '/clusters/demo',
    upstreamHost: '10.0.0.1:6443',
    basePath: '',
    browser: false,
    auditId: 'id-1',
    streams: false,
    ...options,
  });
  expect(out.slice(-ADDED.length)).toEqual(ADDED);
  return out.slice(0, -ADDED.length);
}

const location = (value: string, options = {}) => answer(['Location', value], options)[1];

describe('upstream answers', () => {
  it('lose what would act on the gateway origin, in any casing', () => {
    const hostile = [
      'Set-Cookie',
      'SET-COOKIE',
      'set-cookie2',
      'Clear-Site-Data',
      'Strict-Transport-Security',
      'Alt-Svc',
      'Access-Control-Allow-Origin',
      'access-control-allow-credentials',
      'Access-Control-Expose-Headers',
      'Refresh',
      'Service-Worker-Allowed',
      'Report-To',
      'Reporting-Endpoints',
      'NEL',
      'X-Content-Type-Options',
      'Cross-Origin-Opener-Policy',
      'Audit-Id',
    ];
    for (const name of hostile)
      expect([name, answer([name, 'x', 'Content-Type', 'text/html'])]).toEqual([name, ['Content-Type', 'text/html']]);
  });
  it('lose what a web server in front would obey, in any casing and in trailers', () => {
    for (const name of [
      'X-Accel-Redirect',
      'x-accel-buffering',
      'X-ACCEL-EXPIRES',
      'X-Accel-Limit-Rate',
      'X-Accel-Charset',
      'X-Accel-Whatever',
      'X-Sendfile',
      'x-sendfile2',
      'X-Sendfile-Type',
      'X-LIGHTTPD-send-file',
      'X-LIGHTTPD-send-tempfile',
      'X-LiteSpeed-Location',
      'X-LiteSpeed-Cache-Control',
      'X-Reproxy-URL',
      'X-Reproxy-File',
    ]) {
      expect([name, answer([name, '/internal', 'X-Kept', '1'])]).toEqual([name, ['X-Kept', '1']]);
      expect([name, trailersForClient([name, '/internal', 'X-Kept', '1'])]).toEqual([name, [['X-Kept', '1']]]);
    }
  });
  it('of streams tell nginx not to buffer, whatever the upstream says', () => {
    const UNBUFFERED = ['X-Accel-Buffering', 'no'];
    expect(answer(['X-Accel-Buffering', 'yes'], { streams: true })).toEqual(UNBUFFERED);
    for (const type of [
      'text/event-stream',
      'Text/Event-Stream; charset=utf-8',
      ' text/event-stream',
      'multipart/x-mixed-replace;boundary=x',
      'application/x-ndjson',
      'application/grpc',
      'application/grpc+proto',
    ])
      expect(answer(['Content-Type', type])).toEqual(['Content-Type', type, ...UNBUFFERED]);
    for (const type of ['text/html', 'application/json', 'text/event-streams', 'x-text/event-stream'])
      expect(answer(['Content-Type', type])).toEqual(['Content-Type', type]);
  });
  it('lose hop-by-hop headers and what Connection names', () => {
    expect(
      answer([
        'Connection',
        'close, X-Secret',
        'X-Secret',
        '1',
        'Keep-Alive',
        'timeout=5',
        'Transfer-Encoding',
        'chunked',
        'Trailer',
        'x',
        'Upgrade',
        'h2c',
        'connection',
        'x-other',
        'X-Other',
        '2',
        'X-Kept',
        '3',
      ]),
    ).toEqual(['X-Kept', '3']);
  });
  it('may not ask a browser for a password in the name of the gateway', () => {
    expect(answer(['WWW-Authenticate', 'Basic'], { browser: true })).toEqual([]);
    expect(answer(['WWW-Authenticate', 'Basic'])).toEqual(['WWW-Authenticate', 'Basic']);
  });
  it('keep their own policy beside the sandbox, and everything else as it came', () => {
    const raw = [
      'Content-Security-Policy',
      "default-src 'self'",
      'content-length',
      '5',
      'Warning',
      '299 - "a"',
      'Warning',
      '299 - "b"',
      'Cache-Control',
      'no-cache, private',
      'Content-Encoding',
      'gzip',
      'X-\xe9',
      '\xe9',
    ];
    expect(answer(raw)).toEqual(raw);
  });
});

describe('a Location', () => {
  it('elsewhere is left alone', () => {
    for (const value of [
      'https://evil.example/x',
      '//evil.example/x',
      'http://10.0.0.1:6443.evil/',
      'https://10.0.0.1:6444/',
      'https://10.0.0.1:6443@evil/',
      'relative/x',
      '?x',
      '',
      'ftp://10.0.0.1:6443/',
      'javascript:alert(1)',
    ])
      expect([value, location(value)]).toEqual([value, value]);
  });
  it('on the upstream stays on its cluster', () => {
    expect(location('/api/v1/x?y#z')).toBe('/clusters/demo/api/v1/x?y#z');
    expect(location('https://10.0.0.1:6443/api')).toBe('/clusters/demo/api');
    expect(location('HTTPS://10.0.0.1:6443')).toBe('/clusters/demo/');
    expect(location('//10.0.0.1:6443/a?b')).toBe('/clusters/demo/a?b');
    expect(location('https://10.0.0.1:6443?b')).toBe('/clusters/demo/?b');
    expect(location('https://API.example/a', { upstreamHost: 'api.example:443' })).toBe('/clusters/demo/a');
    expect(location('https://api.example:443/a', { upstreamHost: 'api.example' })).toBe('/clusters/demo/a');
    expect(location('http://[::1]:6443/a', { upstreamHost: '[::1]:6443' })).toBe('/clusters/demo/a');
  });
  it('on a cluster that listens on 443 stays there by http too, with or without a default port', () => {
    for (const upstreamHost of ['api.example', 'API.example:443'])
      for (const value of [
        'http://api.example/a',
        'http://api.example:80/a',
        'http://api.example:443/a',
        'http://api.example:/a',
        'HTTP://Api.Example/a',
        'https://api.example/a',
        'https://api.example:443/a',
        '//api.example/a',
      ])
        expect([value, location(value, { upstreamHost })]).toEqual([value, '/clusters/demo/a']);
    expect(location('http://[::1]/a', { upstreamHost: '[::1]' })).toBe('/clusters/demo/a');
    for (const value of [
      'http://api.example:8080/a',
      'https://api.example:80/a',
      'http://api.example.evil/a',
      'http://x@api.example/a',
      'http://api.example:080/a',
    ])
      expect([value, location(value, { upstreamHost: 'api.example' })]).toEqual([value, value]);
    // A cluster on another port shares its host with somebody else's port 80.
    for (const value of ['http://10.0.0.1/a', 'http://10.0.0.1:80/a', 'https://10.0.0.1/a'])
      expect([value, location(value)]).toEqual([value, value]);
  });
  it('on the default cluster keeps its path', () => {
    expect(location('/api/v1/x', { clusterPrefix: '' })).toBe('/api/v1/x');
    expect(location('https://10.0.0.1:6443/api', { clusterPrefix: '' })).toBe('/api');
  });
  it('loses the base path of the upstream, whole segments only', () => {
    const base = { basePath: '/k8s/c1' };
    expect(location('/k8s/c1/api', base)).toBe('/clusters/demo/api');
    expect(location('/k8s/c1', base)).toBe('/clusters/demo/');
    expect(location('https://10.0.0.1:6443/k8s/c1?x', base)).toBe('/clusters/demo/?x');
    expect(location('/k8s/c12/api', base)).toBe('/clusters/demo/k8s/c12/api');
  });
});

it('a Status is a metav1 failure whose code is that of the answer', () => {
  expect(JSON.parse(statusBody(403, 'Forbidden', 'no\n"rule"', { kind: 'pods' }))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'no\n"rule"',
    reason: 'Forbidden',
    details: { kind: 'pods' },
    code: 403,
  });
  expect(JSON.parse(statusBody(401, 'Unauthorized', 'x'))).not.toHaveProperty('details');
});
