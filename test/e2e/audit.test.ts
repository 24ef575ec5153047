import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { AUDIT_EVENTS as EVENTS, note, readGatewayLog, type Event } from './read-gateway-log.ts';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, control, readServerLog, world, type GatewayView } from './world.ts';

/** Sends a request as dave and closes the connection as soon as it is written. */
function sendAndLeave(gateway: GatewayView, target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: readFileSync(gateway.caFile) }, () =>
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${gateway.people.dave.idToken}\r\n\r\n`,
        () => socket.destroy(),
      ),
    );
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
}

describe.each(bothEngines())('the audit log on $engine', (gateway) => {
  it('shows impersonation in the API server’s own log as mapped, with the client’s address and the same id', async () => {
    const marker = `impersonated-${gateway.engine}-${Date.now()}`;
    const answer = await send(gateway, `/api/v1/namespaces/team-a/pods/${marker}`, {
      token: gateway.people.alice.idToken,
      headers: { 'user-agent': 'audit-test/1', 'audit-id': 'chosen-by-the-client', 'x-forwarded-for': '203.0.113.9' },
    });
    expect(answer.status).toBe(404);
    const arrived = readServerLog().filter((event) => event.requestURI.includes(marker));
    expect(arrived).toHaveLength(1);
    const [seen] = arrived;
    expect(seen?.user.username).toBe('gatehouse');
    expect(seen?.impersonatedUser).toMatchObject({
      username: 'demo:alice',
      groups: ['demo:team-a-admins', 'system:authenticated'],
      extra: { 'gatehouse.dev/issuer': ['demo'] },
    });
    expect(seen?.sourceIPs?.[0]).toBe('127.0.0.1');
    expect(seen?.sourceIPs).not.toContain('203.0.113.9');
    expect(seen?.userAgent).toBe('audit-test/1');
    expect(seen?.auditID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(answer.headers['audit-id']).toBe(seen?.auditID);
    const own = JSON.parse(
      (await send(gateway, `${EVENTS}/${seen?.auditID}`, { token: gateway.people.carol.idToken })).body,
    ) as Event;
    expect(own).toMatchObject({
      verb: 'get',
      user: { username: 'demo:alice' },
      impersonatedUser: { username: 'demo:alice' },
      responseStatus: { code: 404 },
      userAgent: 'audit-test/1',
      sourceIPs: ['127.0.0.1'],
      objectRef: { resource: 'pods', namespace: 'team-a', name: marker },
    });
    expect(note(own, 'decision')).toBe('allow');
    expect(note(own, 'rule')).toBe('demo-team-a-admins');
    expect(note(own, 'cluster')).toBe('demo');
    expect(note(own, 'issuer')).toBe('demo');
  });

  it('is closed to whoever may not read it, and read-only for whoever may', async () => {
    for (const person of ['alice', 'bob', 'dave'] as const)
      expect((await send(gateway, EVENTS, { token: gateway.people[person].idToken })).status).toBe(403);
    expect(
      (await send(gateway, EVENTS, { token: gateway.people.root.idToken, method: 'DELETE' })).status,
    ).toBeGreaterThanOrEqual(403);
  });

  it('finds alice’s exec and bob’s denials by filters', async () => {
    await kubectl(gateway.people.alice.kubeconfig, ['-n', 'team-a', 'exec', 'web', '--', 'true']);
    await send(gateway, '/api/v1/namespaces/team-a/secrets', { token: gateway.people.bob.idToken });
    const execs = await readGatewayLog(
      gateway,
      `&user=${encodeURIComponent('demo:alice')}&resource=pods&namespace=team-a`,
    );
    expect(
      execs.some(
        (event) =>
          event.objectRef?.subresource === 'exec' &&
          event.objectRef.name === 'web' &&
          event.responseStatus?.code === 101,
      ),
    ).toBe(true);
    const denials = await readGatewayLog(gateway, `&user=${encodeURIComponent('demo:bob')}&decision=deny`);
    expect(denials.length).toBeGreaterThan(0);
    for (const event of denials) expect(event.user.username).toBe('demo:bob');
    expect(denials.some((event) => event.objectRef?.resource === 'secrets' && event.responseStatus?.code === 403)).toBe(
      true,
    );
    expect((await send(gateway, `${EVENTS}?person=bob`, { token: gateway.people.carol.idToken })).status).toBe(422);
  });

  it('closes the record of a client that left while its stored token was looked up', async () => {
    const marker = `left-${gateway.engine}-${Date.now()}`;
    for (let i = 0; i < 40; i++) await sendAndLeave(gateway, `/api/v1/namespaces/team-a/pods/${marker}-${i}`);
    const deadline = Date.now() + 10_000;
    let left: Event[] = [];
    while (left.length < 40 && Date.now() < deadline) {
      left = (await readGatewayLog(gateway, `&user=${encodeURIComponent('demo:dave')}`)).filter(
        (event) => event.requestURI.includes(marker) && event.stage === 'ResponseComplete',
      );
    }
    expect(left).toHaveLength(40);
  });

  it('is listed by bin/gatehouse as well', async () => {
    const { runCli } = await import('../demo/run-cli.ts');
    const listed = await runCli(
      ['audit', 'list', '--user', 'demo:bob', '--decision', 'deny', '-o', 'json'],
      gateway.environment,
    );
    expect(listed).toContain('demo:bob');
    expect(listed).not.toContain('demo:alice');
  });
});

describe('the gateway’s own credential', () => {
  it('cannot impersonate system:masters: the API server itself says 403', async () => {
    const { certPem, keyPem } = await control<{ certPem: string; keyPem: string }>('client-certificate', {
      user: 'gatehouse',
    });
    const { hostname, port } = new URL(world().serverUrl);
    const status = await new Promise<number>((resolve, reject) => {
      request(
        {
          host: hostname,
          port,
          ca: world().clusterCaPem,
          cert: certPem,
          key: keyPem,
          path: '/api/v1/namespaces/team-a/pods',
          agent: false,
          headers: [
            'Host',
            `${hostname}:${port}`,
            'Impersonate-User',
            'demo:alice',
            'Impersonate-Group',
            'system:masters',
          ] as never,
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});
