import { describe, expect, it } from 'vitest';
import { request } from 'node:https';
import { kubectl } from './run-kubectl.ts';
import { send } from './send-request.ts';
import { bothEngines, control, readServerLog, world, type GatewayView } from './world.ts';

interface Event {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { username?: string; groups?: string[] };
  readonly impersonatedUser?: { username?: string; groups?: string[] };
  readonly sourceIPs?: string[];
  readonly userAgent?: string;
  readonly objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  readonly responseStatus?: { code?: number };
  readonly annotations: Record<string, string>;
}

const EVENTS = '/clusters/gatehouse/apis/gatehouse.dev/v1alpha1/auditevents';

/** The whole log of a gateway, as an auditor reads it. */
async function readGatewayLog(gateway: GatewayView, query = ''): Promise<Event[]> {
  const events: Event[] = [];
  let next: string | undefined;
  do {
    const answer = await send(
      gateway,
      `${EVENTS}?limit=1000${query}${next ? `&continue=${encodeURIComponent(next)}` : ''}`,
      { token: gateway.people.carol.idToken },
    );
    expect(answer.status).toBe(200);
    const list = JSON.parse(answer.body) as { metadata: { continue?: string }; items: Event[] };
    events.push(...list.items);
    next = list.metadata.continue;
  } while (next);
  return events;
}

const note = (event: Event, name: string): string => event.annotations[`gatehouse.dev/${name}`] ?? '';

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

  it('agrees with the API server’s log, both ways, over everything that these tests did', async () => {
    // Long-running requests of clients that have just gone are still being closed.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const ours = new Map((await readGatewayLog(gateway)).map((event) => [event.auditID, event]));
    const all = new Map(
      (await Promise.all(world().gateways.map((each) => readGatewayLog(each))))
        .flat()
        .map((event) => [event.auditID, event]),
    );
    const theirs = readServerLog();
    const arrived = new Map(theirs.map((event) => [event.auditID, event]));

    // Whatever came by the gateway's credential, or by dave's, is in a gateway's log as allowed.
    const byGateway = theirs.filter(
      (event) => event.user.username === 'gatehouse' && event.impersonatedUser !== undefined,
    );
    expect(byGateway.length).toBeGreaterThan(50);
    for (const event of byGateway) {
      const own = all.get(event.auditID);
      expect(own, event.requestURI).toBeDefined();
      expect(own?.impersonatedUser?.username).toBe(event.impersonatedUser?.username);
      expect(own && note(own, 'decision')).not.toBe('deny');
    }
    // And whatever the gateway says it sent has arrived, as the same verb on the same object, by the same person.
    const sent = [...ours.values()].filter(
      (event) => Number(note(event, 'upstream-requests')) > 0 && note(event, 'cluster') === 'demo',
    );
    expect(sent.length).toBeGreaterThan(20);
    for (const event of sent) {
      const there = arrived.get(event.auditID);
      expect(there, `${event.verb} ${event.requestURI}`).toBeDefined();
      expect(there?.verb).toBe(event.verb);
      expect(there?.objectRef?.namespace ?? '').toBe(event.objectRef?.namespace ?? '');
      expect(there?.objectRef?.resource ?? '').toBe(event.objectRef?.resource ?? '');
    }
    // What was refused is nowhere in the API server's log.
    for (const event of ours.values())
      if (['deny', 'refused'].includes(note(event, 'decision'))) expect(arrived.has(event.auditID)).toBe(false);
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
