import { describe, expect, it } from 'vitest';
import { openWebSocket } from './open-websocket.ts';
import { send } from './send-request.ts';
import { bothEngines } from './world.ts';

const PROXY = '/api/v1/namespaces/team-a/services/web/proxy';

describe.each(bothEngines())('pages behind the service proxy, gateway on $engine', (gateway) => {
  const token = gateway.people.bob.idToken;

  it('keeps a redirect under the cluster’s prefix', async () => {
    const prefixed = await send(gateway, `/clusters/demo${PROXY}/redirect`, { token });
    expect(prefixed.status).toBe(302);
    expect(prefixed.headers.location).toBe(`/clusters/demo${PROXY}/there`);
    expect((await send(gateway, String(prefixed.headers.location), { token })).body).toContain('You were redirected');
    const root = await send(gateway, `${PROXY}/redirect`, { token });
    expect(root.headers.location).toBe(`${PROXY}/there`);
  });

  it('takes hostile headers away and adds its own', async () => {
    const answer = await send(gateway, `${PROXY}/hostile`, { token });
    expect(answer.status).toBe(200);
    for (const name of [
      'set-cookie',
      'clear-site-data',
      'strict-transport-security',
      'access-control-allow-origin',
      'access-control-allow-credentials',
      'alt-svc',
      'report-to',
      'refresh',
      'service-worker-allowed',
    ])
      expect(answer.headers[name], name).toBeUndefined();
    const policies = answer.rawHeaders.filter(
      (_value, index) => answer.rawHeaders[index - 1]?.toLowerCase() === 'content-security-policy' && index % 2 === 1,
    );
    expect(policies).toContain('sandbox');
    expect(policies.some((policy) => policy.includes('unsafe-inline'))).toBe(true);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin');
  });

  it('gives the pod no credential, no gateway cookie and no identity header', async () => {
    const answer = await send(gateway, `${PROXY}/headers`, {
      token,
      headers: {
        cookie: 'app=1; __Host-gatehouse-session=secret',
        'x-remote-user': 'root',
        'x-forwarded-host': 'evil',
      },
    });
    expect(answer.status).toBe(200);
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBe('app=1');
    expect(
      Object.keys(headers).filter((name) => name.startsWith('impersonate-') || name.startsWith('x-remote-')),
    ).toEqual([]);
    expect(JSON.stringify(headers)).not.toContain('evil');
  });

  it('passes odd bytes of an application’s own paths on as they are', async () => {
    const answer = await send(gateway, `${PROXY}/headers?a=%2F&b=%c3%a9+x`, { token });
    expect((JSON.parse(answer.body) as { url: string }).url).toBe('/headers?a=%2F&b=%c3%a9+x');
    // The API server decodes and cleans what it hands to the pod; the gateway refuses nothing of it.
    expect((await send(gateway, `${PROXY}/a//b;c%2fd`, { token })).body).toContain('pod team-a/web has no page /a');
  });

  it('tunnels a WebSocket to the page, with the bearer in the subprotocol kept from it', async () => {
    const bearer = Buffer.from(token).toString('base64url');
    const first = await openWebSocket(gateway, `${PROXY}/ws`, [
      `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${bearer}, app`,
    ]);
    expect(first.head).toMatch(/^HTTP\/1\.1 101/);
    expect(first.head).not.toContain(bearer);
    first.socket.destroy();
    const denied = await openWebSocket(gateway, '/api/v1/namespaces/team-b/services/web/proxy/ws', [
      `Authorization: Bearer ${token}`,
    ]);
    expect(denied.head).toMatch(/^HTTP\/1\.1 403/);
    expect(denied.head.toLowerCase()).toContain('connection: close');
    denied.socket.destroy();
    const nobody = await openWebSocket(gateway, `${PROXY}/ws`, []);
    expect(nobody.head).toMatch(/^HTTP\/1\.1 401/);
    nobody.socket.destroy();
  });
});
