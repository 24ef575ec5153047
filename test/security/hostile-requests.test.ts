import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../e2e/read-gateway-log.ts';
import { control, gatewayOn, world } from '../e2e/world.ts';
import { send, sendRaw, statusOf } from '../e2e/send-request.ts';
import { signIdToken } from '../support/identity-provider.ts';

/**
 * Hostile spellings, one by one, as alice, who may do everything in team-a: whatever is refused here is refused for its
 * spelling. Each must be answered with 4xx, leave one audit record, and send nothing upstream. What went upstream is
 * counted by a TCP relay in front of the API server, not by the gateway.
 */
const gateway = gatewayOn('recorded');
const alice = gateway.people.alice.idToken;
const traffic = (): Promise<{ connections: number; bytes: number }> => control('traffic');

const PODS = '/api/v1/namespaces/team-a/pods';
const TARGETS: readonly string[] = [
  // dot segments, plain and encoded
  '/api/v1/namespaces/team-a/../team-b/pods',
  '/api/v1/namespaces/team-a/./pods',
  '/api/v1/namespaces/team-a/%2e%2e/team-b/pods',
  '/api/v1/namespaces/team-a/.%2E/team-b/pods',
  '/api/v1/namespaces/team-a/%2e/pods',
  `${PODS}/..`,
  `${PODS}/web/..`,
  '/..',
  '/../api',
  '/api/v1/namespaces/team-a/..;/team-b/pods',
  '/api/v1/namespaces/team-a/services/web/proxy/../../../../../secrets',
  '/api/v1/namespaces/team-a/services/web/proxy/%2e%2e/x',
  '/api/v1/namespaces/team-a/services/web/proxy/..%2fx',
  '/api/v1/namespaces/team-a/services/web/proxy/..%5cx',
  '/api/v1/namespaces/team-a/services/web/proxy/a/..;x=1/b',
  // encoded separators and percent signs
  '/api/v1/namespaces/team-a%2fpods',
  '/api/v1%2Fnamespaces/team-a/pods',
  '/api/v1/namespaces/team-a/pods%2Fweb',
  '/api/v1/namespaces/team-a%5cpods',
  '/api/v1/namespaces/team-a/pods/web%00',
  '/api/v1/namespaces/team-a/pods/%252e%252e',
  '/api/v1/namespaces/team-a/pods/web%25',
  // double slashes, raw separators, fragments, matrix parameters
  '//api/v1/namespaces/team-a/pods',
  '/api//v1/namespaces/team-a/pods',
  `${PODS}//web`,
  `${PODS}/web//`,
  '/api/v1/namespaces/team-a\\pods',
  `${PODS};x=1`,
  `${PODS}/web;a=b`,
  `${PODS}#fragment`,
  // bad escapes, control bytes, 8-bit bytes, overlong UTF-8
  `${PODS}/%`,
  `${PODS}/%zz`,
  `${PODS}/%4`,
  `${PODS}?x=%zz`,
  `${PODS}/we%00b`,
  `${PODS}/\u00e9`,
  `${PODS}/%c0%ae%c0%ae/`,
  // query tricks
  `${PODS}?watch=1;x=2`,
  `${PODS}?watch=0&watch=1`,
  `${PODS}?fieldSelector=metadata.name%3Dweb&fieldSelector=metadata.name%3Dother`,
  `${PODS}?labelSelector=a&labelSelector=b`,
  // legacy prefixes
  '/api/v1/watch/namespaces/team-a/pods',
  '/api/v1/proxy/namespaces/team-a/pods/web',
  '/apis/apps/v1/watch/deployments',
  // other spellings of /clusters and /-/
  '/Clusters/demo/api',
  '/%63lusters/demo/api',
  '//clusters/demo/api',
  '/clusters/DEMO/api',
  '/clusters/demo%2fapi',
  '/clusters//api',
  '/clusters/..',
  '/clusters/demo/../gatehouse/apis',
  '/clusters/demo/%2e%2e/gatehouse/apis',
  '/%2d/me',
  '//-/me',
  '/-//me',
  '/-/../api',
  '/-/%2e%2e/api',
  '/./-/me',
  '/-%2fme',
  // case matters to the API server
  '/API/v1/namespaces/team-a/pods',
  '/api/v1/namespaces/Team-A/pods',
  '/api/v1/Namespaces/team-a/pods',
];

const METHODS = ['TRACE', 'TRACK', 'PROPFIND', 'get', 'OPTIONS', 'BREW'];

const rawRequest = (line: string, headers: readonly string[] = []): string =>
  `${line} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${alice}\r\nConnection: close\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`;

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['Impersonate-User', ['Impersonate-User: system:admin']],
  ['impersonate-user in another case', ['iMPERSONATE-uSER: system:admin']],
  ['Impersonate-Group alone', ['Impersonate-Group: system:masters']],
  ['Impersonate-Extra', ['Impersonate-Extra-Scopes: all']],
  ['Impersonate-Uid', ['Impersonate-Uid: 1']],
  ['Impersonate-User with an underscore', ['Impersonate_User: system:admin']],
  ['any header with an underscore', ['X_Remote_User: root']],
  ['Connection that lists authorization', ['Connection: authorization']],
  ['Connection that lists impersonate-user', ['Connection: close, Impersonate-User']],
  ['Connection that lists x-remote-user', ['Connection: X-Remote-User']],
  ['Connection that lists audit-id', ['Connection: audit-id']],
  ['a second Host', ['Host: other']],
  ['a second Authorization', ['Authorization: Bearer other']],
  [
    'impersonation behind a thousand headers',
    [...Array.from({ length: 990 }, (_, i) => `X-Fill-${i}: 1`), 'Impersonate-User: system:admin'],
  ],
  ['more headers than are judged', Array.from({ length: 1100 }, (_, i) => `X-Fill-${i}: 1`)],
  ['more header bytes than are read', [`X-Big: ${'a'.repeat(70_000)}`]],
  ['an upgrade to something else', ['Connection: Upgrade', 'Upgrade: h2c']],
  [
    'a WebSocket upgrade of what has no stream',
    [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ],
  ],
  ['Content-Length beside Transfer-Encoding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
  ['a malformed Content-Length', ['Content-Length: 4x']],
];

const LINES: readonly (readonly [string, string])[] = [
  ['absolute form', `GET http://127.0.0.1:${gateway.port}${PODS}`],
  ['absolute form to another host', 'GET https://kubernetes.default.svc/api/v1/secrets'],
  ['asterisk form', 'OPTIONS *'],
  ['authority form', 'CONNECT 127.0.0.1:6443'],
  ['a target without a slash', 'GET api/v1/namespaces/team-a/pods'],
  ['a target longer than 64 KiB', `GET ${PODS}?x=${'a'.repeat(66_000)}`],
];

const BROKEN: readonly (readonly [string, string])[] = [
  ['a control byte in the target', `GET ${PODS}/\u0001 HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['a blank in the target', `GET ${PODS} x HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['no HTTP at all', 'HELLO\r\n\r\n'],
  ['a header without a colon', `GET ${PODS} HTTP/1.1\r\nHost x\r\n\r\n`],
  [
    'a line break within a header',
    `GET ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nX: a\nImpersonate-User: root\r\n\r\n`,
  ],
  [
    'a folded header',
    `GET ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nX: a\r\n Impersonate-User: root\r\n\r\n`,
  ],
  [
    'a header name with a blank',
    `GET ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nImpersonate-User : root\r\n\r\n`,
  ],
];

let sent = 0;
/** Setting dave's token asked the API server who it is, before any of these. */
let before: { connections: number; bytes: number };

beforeAll(async () => {
  before = await traffic();
});

describe('hostile requests', () => {
  it.each(TARGETS)('refuses GET %s', async (target) => {
    sent++;
    const bytes = Buffer.from(rawRequest(`GET ${target}`), 'latin1');
    const status = statusOf(await sendRaw(gateway, bytes));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it.each(METHODS)('refuses the method %s', async (method) => {
    sent++;
    const status = statusOf(await sendRaw(gateway, rawRequest(`${method} ${PODS}`)));
    expect([400, 403, 405]).toContain(status);
  });

  it.each(HEADERS)('refuses %s', async (_title, headers) => {
    sent++;
    const status = statusOf(await sendRaw(gateway, rawRequest(`GET ${PODS}`, headers)));
    expect([400, 403, 431]).toContain(status);
  });

  it.each(LINES)('refuses %s', async (_title, line) => {
    sent++;
    expect([400, 405, 414]).toContain(statusOf(await sendRaw(gateway, rawRequest(line))));
  });

  it.each(BROKEN)('refuses %s', async (_title, bytes) => {
    sent++;
    expect([400, 401]).toContain(statusOf(await sendRaw(gateway, Buffer.from(bytes, 'latin1'))));
  });

  it('answers only for the host that it is', async () => {
    sent++;
    expect(
      statusOf(
        await sendRaw(
          gateway,
          `GET ${PODS} HTTP/1.1\r\nHost: rebound.example\r\nAuthorization: Bearer ${alice}\r\nConnection: close\r\n\r\n`,
        ),
      ),
    ).toBe(421);
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
    sent++;
    const raw = `POST ${PODS} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${alice}\r\nImpersonate-User: root\r\nTransfer-Encoding: chunked\r\nTrailer: Impersonate-Group\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\nImpersonate-Group: system:masters\r\n\r\n`;
    expect(statusOf(await sendRaw(gateway, raw))).toBe(403);
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
    expect(sent).toBeGreaterThan(100);
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
