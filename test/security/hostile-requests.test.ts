import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../e2e/read-gateway-log.ts';
import { control, gatewayOn, world } from '../e2e/world.ts';
import { send, sendRaw, statusOf } from '../e2e/send-request.ts';
import { signIdToken } from '../support/identity-provider.ts';
import { brokenRequests, HEADERS } from './hostile-headers.ts';
import { OWN_ROUTES, PODS, TARGETS } from './hostile-targets.ts';
import { UPGRADES, VERB_TRICKS } from './hostile-verbs.ts';

/**
 * Hostile spellings, one by one, as alice, who may do everything in team-a: whatever is refused here is refused for its
 * spelling; and tricks with verbs as bob, who may only look. Each must be answered with 4xx, leave one audit record, and send nothing upstream. What went upstream is
 * counted by a TCP relay in front of the API server, not by the gateway.
 */
const gateway = gatewayOn('recorded');
const alice = gateway.people.alice.idToken;
const bob = gateway.people.bob.idToken;
const WEBSOCKET_KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
const traffic = (): Promise<{ connections: number; bytes: number }> => control('traffic');

const METHODS = [
  'TRACE',
  'TRACK',
  'PROPFIND',
  'get',
  'Get',
  'OPTIONS',
  'BREW',
  'LIST',
  'WATCH',
  'PROXY',
  'LINK',
  'M-SEARCH',
];

const rawRequest = (line: string, headers: readonly string[] = [], token = alice): string =>
  [
    `${line} HTTP/1.1`,
    `Host: 127.0.0.1:${gateway.port}`,
    `Authorization: Bearer ${token}`,
    'Connection: close',
    ...headers,
    '',
    '',
  ].join('\r\n');
/** One character a byte. */
const ask = async (raw: string): Promise<number> => {
  sent++;
  return statusOf(await sendRaw(gateway, Buffer.from(raw, 'latin1')));
};

const LINES: readonly (readonly [string, string])[] = [
  ['absolute form', `GET http://127.0.0.1:${gateway.port}${PODS}`],
  ['absolute form to another host', 'GET https://kubernetes.default.svc/api/v1/secrets'],
  ['asterisk form', 'OPTIONS *'],
  ['absolute form in another case', `GET HTTP://127.0.0.1:${gateway.port}${PODS}`],
  ['absolute form of another scheme', `GET file://${PODS}`],
  ['asterisk form of a GET', 'GET *'],
  ['authority form', 'CONNECT 127.0.0.1:6443'],
  ['authority form of a GET', 'GET 127.0.0.1:6443'],
  ['a target without a slash', 'GET api/v1/namespaces/team-a/pods'],
  ['a target that is a query', 'GET ?watch=1'],
  ['a target that begins with a backslash', `GET \\api\\v1`],
  ['a target longer than 64 KiB', `GET ${PODS}?x=${'a'.repeat(66_000)}`],
];

let sent = 0;
/** Setting dave's token asked the API server who it is, before any of these. */
let before: { connections: number; bytes: number };

beforeAll(async () => {
  before = await traffic();
});

describe('hostile requests', () => {
  it.each(TARGETS)('refuses GET %s', async (target) => {
    expect(await ask(rawRequest(`GET ${target}`))).toBe(400);
  });

  it.each(OWN_ROUTES)('refuses HEAD and POST %s', async (target) => {
    expect(await ask(rawRequest(`HEAD ${target}`))).toBe(400);
    expect(await ask(rawRequest(`POST ${target}`, ['Content-Length: 0']))).toBe(400);
  });

  it.each(METHODS)('refuses the method %s', async (method) => {
    expect([400, 403, 405]).toContain(await ask(rawRequest(`${method} ${PODS}`)));
  });

  it.each(VERB_TRICKS)('refuses bob %s %s', async (method, target) => {
    const headers = method === 'GET' || method === 'HEAD' ? [] : ['Content-Length: 0'];
    expect([400, 403]).toContain(await ask(rawRequest(`${method} ${target}`, headers, bob)));
  });

  it.each(UPGRADES)('refuses bob a stream by %s %s', async (method, target) => {
    for (const protocol of ['websocket', 'SPDY/3.1']) {
      const headers = ['Connection: Upgrade', `Upgrade: ${protocol}`, 'Sec-WebSocket-Version: 13', WEBSOCKET_KEY];
      expect([400, 403]).toContain(await ask(rawRequest(`${method} ${target}`, headers, bob)));
    }
  });

  it.each(HEADERS)('refuses %s', async (_title, headers) => {
    expect([400, 403, 431]).toContain(await ask(rawRequest(`GET ${PODS}`, headers)));
  });

  it.each(LINES)('refuses %s', async (_title, line) => {
    expect([400, 405, 414]).toContain(await ask(rawRequest(line)));
  });

  it.each(brokenRequests(gateway.port))('refuses %s', async (_title, bytes) => {
    expect([400, 401]).toContain(await ask(bytes));
  });

  it('answers only for the host that it is', async () => {
    for (const host of [
      'rebound.example',
      `127.0.0.1.rebound.example:${gateway.port}`,
      'kubernetes.default.svc',
      '[::1]:1',
      '',
    ])
      expect([
        host,
        await ask(
          `GET ${PODS} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${alice}\r\nConnection: close\r\n\r\n`,
        ),
      ]).toEqual([host, 421]);
  });

  it('reads no token from the query, and records none', async () => {
    sent++;
    expect((await send(gateway, `${PODS}?access_token=${alice}`)).status).toBe(401);
  });

  it.each([
    ['of another audience', { audience: 'somebody-else' }],
    ['of a near-miss issuer', { issuer: `${world().identityProvider.issuerUrl}/` }],
    [
      'with a user name that holds a line break',
      { claims: { preferred_username: 'alice\r\nImpersonate-Group: system:masters' } },
    ],
    ['with a blank user name', { claims: { preferred_username: ' ' } }],
    ['with groups of the wrong type', { claims: { groups: { a: 1 } } }],
    ['without a user name', { claims: { preferred_username: undefined } }],
  ])('refuses a well-signed token %s', async (_title, options) => {
    sent++;
    const token = await signIdToken(world().identityProvider, 'alice', options);
    expect((await send(gateway, PODS, { token })).status).toBe(401);
  });

  it('refuses to impersonate in trailers', async () => {
    const raw = `POST ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${alice}\r\nImpersonate-User: root\r\nTransfer-Encoding: chunked\r\nTrailer: Impersonate-Group\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\nImpersonate-Group: system:masters\r\n\r\n`;
    expect(await ask(raw)).toBe(403);
  });

  it('reaches nothing of the gateway’s own objects by a wildcard or by --as', async () => {
    sent += 2;
    expect(
      (await send(gateway, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings', { token: alice })).status,
    ).toBe(403);
    expect(
      (
        await send(gateway, '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/mappings', {
          token: gateway.people.root.idToken,
          headers: { 'impersonate-user': 'x' },
        })
      ).status,
    ).toBe(403);
  });

  afterAll(async () => {
    // The gateway may still be writing the last records.
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
});

describe('after all of them', () => {
  it('nothing has gone upstream', async () => {
    expect(sent).toBeGreaterThan(500);
    expect(await traffic()).toEqual(before);
  });

  it('every one has left a record, and none says that it was allowed', async () => {
    const root = gateway.people.root.idToken;
    let count = 0;
    let next: string | undefined;
    do {
      const answer = await send(
        gateway,
        `/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/auditevents?limit=1000${next ? `&continue=${encodeURIComponent(next)}` : ''}`,
        { token: root },
      );
      expect(answer.status).toBe(200);
      const list = JSON.parse(answer.body) as {
        metadata: { continue?: string };
        items: Event[];
      };
      const own = list.items.filter(
        (item) =>
          item.objectRef?.resource === 'auditevents' ||
          // What it asked the cluster about its own credential when it started.
          item.user.username === 'gatehouse' ||
          (['apply', 'grant', 'create', 'update'].includes(item.verb) &&
            item.annotations['gatehouse.dev/decision'] === 'allow'),
      );
      count += list.items.length - own.length;
      for (const item of list.items)
        if (!own.includes(item)) expect(['deny', 'refused']).toContain(item.annotations['gatehouse.dev/decision']);
      next = list.metadata.continue;
    } while (next);
    expect(count).toBe(sent);
  });

  it('and the recorder does see what is allowed', async () => {
    expect((await send(gateway, PODS, { token: alice })).status).toBe(200);
    const { connections, bytes } = await traffic();
    expect(connections).toBe(before.connections + 1);
    expect(bytes).toBeGreaterThan(before.bytes + 500);
  });
});
