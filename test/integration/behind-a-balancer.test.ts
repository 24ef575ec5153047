import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, ask, connectTo, open, until } from '../support/ask-gateway.ts';
import { startUpstream, type TestUpstream } from '../support/forward-upstream.ts';
import { startForwardWorld, type AuditEvent, type ForwardWorld } from '../support/forward-world.ts';

/** The gateway behind a trusted proxy: whose address it believes, and what it says to the proxy. */
const UP = '/clusters/up';
/** Named by no rule but the one by address. */
const NODE = `${UP}/api/v1/nodes/n/proxy`;
const CONFIG_MAPS = `${UP}/api/v1/namespaces/a/configmaps`;
const PAGE = `${UP}/api/v1/namespaces/a/services/web/proxy`;
const ORDERS = { 'x-accel-redirect': '/internal', 'x-accel-buffering': 'yes', 'x-sendfile': '/etc/passwd' };

let upstream: TestUpstream;
let world: ForwardWorld;
const seen: { readonly url: string; readonly forwardedFor: string | undefined }[] = [];
let count = 0;
/** A target that no other request has, so that its record is found; records show no query behind a proxy. */
const own = (path: string): string => (path.includes('/proxy') ? `${path}/${count++}` : `${path}?n=${count++}`);

beforeAll(async () => {
  upstream = await startUpstream({
    onRequest(request, response) {
      const { url = '', headers } = request;
      // The gateway's own question about its credential aside.
      if (!url.includes('selfsubjectreviews'))
        seen.push({ url, forwardedFor: headers['x-forwarded-for'] as string | undefined });
      const type = url.includes('/events') ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { ...ORDERS, 'content-type': type });
      // The head of a stream goes out before its end.
      if (/watch=1|follow=true|events/.test(url)) response.write('x\n');
      else response.end('{}');
    },
    onUpgrade(request, socket) {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nX-Accel-Redirect: /internal\r\n\r\n`,
      );
    },
  });
  world = await startForwardWorld(
    { up: upstream },
    { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.0/8' },
    {
      'nodes-from-here': {
        conditions: { sourceAddresses: ['127.0.0.0/8', '198.51.100.0/24'] },
        rules: [{ verbs: ['*'], apiGroups: [''], resources: ['nodes/proxy'] }],
      },
      'no-config-from-there': {
        effect: 'Deny',
        conditions: { sourceAddresses: ['203.0.113.0/24', '2001:db8::/32'] },
        rules: [{ verbs: ['*'], apiGroups: [''], resources: ['configmaps'] }],
      },
    },
  );
});

beforeEach(() => {
  seen.length = 0;
});

afterAll(async () => {
  await world.stop();
  await upstream.stop();
});

const from = (forwardedFor: string): { headers: Record<string, string> } => ({
  headers: { 'x-forwarded-for': forwardedFor },
});
async function recordOf(target: string): Promise<AuditEvent> {
  let record: AuditEvent | undefined;
  await until(async () => (record = (await world.records(target))[0]) !== undefined, 10_000, 'no record');
  return record as AuditEvent;
}

describe('a rule by address, behind a trusted proxy', () => {
  it.each([
    ['203.0.113.7:51234', ['203.0.113.7'], undefined],
    ['[2001:db8::9]:443', ['2001:db8::9'], undefined],
    ['unknown', [], '"unknown"'],
    ['_hidden', [], '"_hidden"'],
  ])('does not open to %s, which is denied, and the record says from where', async (forwardedFor, sourceIPs, hop) => {
    const target = own(NODE);
    expect((await ask(world, target, from(forwardedFor))).status).toBe(403);
    expect((await ask(world, own(CONFIG_MAPS), from(forwardedFor))).status).toBe(403);
    expect(seen).toEqual([]);
    const record = await recordOf(target);
    expect(record.sourceIPs).toEqual(sourceIPs);
    expect(record.annotations['gatehouse.dev/unreadable-hop']).toBe(hop);
  });
  it.each(['198.51.100.4', '198.51.100.4:51234', '::ffff:198.51.100.4', '203.0.113.7:1, 198.51.100.4:2, 127.0.0.9:3'])(
    'opens to %s, and its address goes upstream',
    async (forwardedFor) => {
      expect((await ask(world, own(NODE), from(forwardedFor))).status).toBe(200);
      expect((await ask(world, own(CONFIG_MAPS), from(forwardedFor))).status).toBe(200);
      expect(seen.map((request) => request.forwardedFor)).toEqual(['198.51.100.4', '198.51.100.4']);
    },
  );
  it('sends the word for a client that nobody could read, and never the proxy’s address', async () => {
    const target = own(`${UP}/api/v1/namespaces/a/pods`);
    expect((await ask(world, target, from('_hidden'))).status).toBe(200);
    expect(seen.map((request) => request.forwardedFor)).toEqual(['unknown']);
  });
});

describe('what the upstream says to a web server in front', () => {
  const ordersIn = (rawHeaders: readonly string[]): string[] =>
    rawHeaders.flatMap((name, i) =>
      i % 2 === 0 && /^x-(?:accel|sendfile)/i.test(name) ? [`${name}: ${rawHeaders[i + 1]}`] : [],
    );
  it.each([CONFIG_MAPS, `${PAGE}/index.html`])('is removed from %s', async (path) => {
    expect(ordersIn((await ask(world, own(path), from('198.51.100.4'))).rawHeaders)).toEqual([]);
  });
  it.each([`${CONFIG_MAPS}?watch=1`, `${UP}/api/v1/namespaces/a/pods/p/log?follow=true`, `${PAGE}/events`])(
    'is replaced by the word not to buffer on %s',
    async (path) => {
      const request = open(world, path, from('198.51.100.4'));
      request.end();
      const { statusCode, rawHeaders } = await answerOf(request);
      request.on('error', () => {});
      request.destroy();
      expect([statusCode, ordersIn(rawHeaders)]).toEqual([200, ['X-Accel-Buffering: no']]);
    },
  );
  it('is replaced by the word not to buffer on an upgrade', async () => {
    const socket = await connectTo(world);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.write(
      `GET ${UP}/api/v1/namespaces/a/pods/p/exec?command=sh HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await until(() => text.includes('\r\n\r\n'), 5_000, 'no head');
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text.match(/^x-accel[^\r]*/gim)).toEqual(['X-Accel-Buffering: no']);
  });
});

describe('a "server" with a trailing slash', () => {
  it.each(['//api', `${UP}//api/v1/namespaces/a/pods`, '//clusters/up/api'])(
    'is named as the reason why %s is refused',
    async (target) => {
      const { status, body } = await ask(world, target);
      const { message } = JSON.parse(body.toString()) as { message: string };
      expect(status).toBe(400);
      expect(message).toContain('trailing slash from "server" in the kubeconfig');
      expect(seen).toEqual([]);
    },
  );
});
