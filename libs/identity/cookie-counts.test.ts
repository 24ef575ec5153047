import { describe, expect, test } from 'vitest';
import { cookieCounts } from './cookie-counts.ts';

const OWN = 'https://127.0.0.1:8443';
type Headers = Parameters<typeof cookieCounts>[0];
const request = (changes: Partial<Headers>): Headers => ({
  secFetchSite: undefined,
  secFetchMode: undefined,
  origin: undefined,
  method: 'GET',
  upgrade: false,
  ...changes,
});

const SITES = [
  undefined,
  'same-origin',
  'same-site',
  'cross-site',
  'none',
  'Same-Origin',
  'same-origin, same-origin',
  '',
];
const MODES = [undefined, 'navigate', 'cors', 'no-cors', 'same-origin', 'websocket'];
const ORIGINS = [
  undefined,
  OWN,
  'null',
  '',
  'https://127.0.0.1:9443',
  'http://127.0.0.1:8443',
  `${OWN}/`,
  'https://localhost:8443',
  'https://127.0.0.1:8443.evil.example',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'get'];

const every = SITES.flatMap((secFetchSite) =>
  MODES.flatMap((secFetchMode) =>
    ORIGINS.flatMap((origin) =>
      METHODS.flatMap((method) =>
        [false, true].map((upgrade) => ({ secFetchSite, secFetchMode, origin, method, upgrade })),
      ),
    ),
  ),
);
const counted = every.filter((headers) => cookieCounts(headers, OWN));

describe('the session cookie does not count', () => {
  test.each<[string, Partial<Headers>]>([
    ['a link or form of another site', { secFetchSite: 'cross-site', secFetchMode: 'navigate' }],
    [
      'a form post of another site',
      { secFetchSite: 'cross-site', secFetchMode: 'navigate', method: 'POST', origin: 'https://evil.example' },
    ],
    ['an image of another site', { secFetchSite: 'cross-site', secFetchMode: 'no-cors' }],
    [
      'another port of this host, which a browser calls same-site',
      { secFetchSite: 'same-site', secFetchMode: 'cors', origin: 'https://127.0.0.1:9443' },
    ],
    ['a fetch with Sec-Fetch-Site none, which no page can make', { secFetchSite: 'none', secFetchMode: 'cors' }],
    ['a form post with Sec-Fetch-Site none', { secFetchSite: 'none', secFetchMode: 'navigate', method: 'POST' }],
    [
      'a sandboxed page of a pod, whose origin is null',
      { secFetchSite: 'same-origin', secFetchMode: 'cors', origin: 'null' },
    ],
    ['a client that says nothing (curl with a stolen cookie)', {}],
    ['a POST that says nothing', { method: 'POST' }],
    ['a WebSocket of another site', { upgrade: true, origin: 'https://evil.example' }],
    ['a WebSocket of another port of this host', { upgrade: true, origin: 'https://127.0.0.1:9443' }],
    ['a WebSocket without an Origin', { upgrade: true }],
    ['a WebSocket without an Origin that claims to be same-origin', { upgrade: true, secFetchSite: 'same-origin' }],
  ])('on %s', (_what, changes) => {
    expect(cookieCounts(request(changes), OWN)).toBe(false);
  });

  test('on any combination with a foreign Origin', () => {
    expect(counted.filter(({ origin }) => origin !== undefined && origin !== OWN)).toEqual([]);
  });

  test('on any combination without an upgrade that says another site than same-origin or none', () => {
    const others = counted.filter(
      ({ secFetchSite, upgrade }) => !upgrade && !['same-origin', 'none', undefined].includes(secFetchSite),
    );
    expect(others).toEqual([]);
  });

  test('on any upgrade, or request without Sec-Fetch-Site, that lacks the exact Origin', () => {
    expect(
      counted.filter(({ secFetchSite, upgrade, origin }) => (upgrade || secFetchSite === undefined) && origin !== OWN),
    ).toEqual([]);
  });

  test('on anything but a GET or HEAD navigation with Sec-Fetch-Site none', () => {
    const kinds = counted.filter(({ secFetchSite, upgrade }) => secFetchSite === 'none' && !upgrade);
    expect(new Set(kinds.map(({ method, secFetchMode }) => `${method} ${secFetchMode}`))).toEqual(
      new Set(['GET navigate', 'HEAD navigate']),
    );
  });
});

describe('the session cookie counts', () => {
  test.each<[string, Partial<Headers>]>([
    ['a fetch of the gateway’s own page', { secFetchSite: 'same-origin', secFetchMode: 'cors' }],
    [
      'a POST of the gateway’s own page',
      { secFetchSite: 'same-origin', secFetchMode: 'cors', method: 'POST', origin: OWN },
    ],
    ['a link on the gateway’s own page', { secFetchSite: 'same-origin', secFetchMode: 'navigate' }],
    ['an address that the person typed', { secFetchSite: 'none', secFetchMode: 'navigate' }],
    ['a WebSocket of the gateway’s own page (Chromium sends no Sec-Fetch headers)', { upgrade: true, origin: OWN }],
    ['a browser without Sec-Fetch headers that says the exact Origin', { origin: OWN, method: 'POST' }],
  ])('on %s', (_what, changes) => {
    expect(cookieCounts(request(changes), OWN)).toBe(true);
  });
});
