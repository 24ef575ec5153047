/** Runs last (see the sequencer in vitest.config.ts): what every other file did is compared in both logs. */
import { describe, expect, it } from 'vitest';
import { note, readGatewayLog } from './read-gateway-log.ts';
import { send } from './send-request.ts';
import { bothEngines, readServerLog, world } from './world.ts';

describe.each(bothEngines())('the audit log on $engine', (gateway) => {
  it('agrees with the API server’s log, both ways, over everything that the run did', async () => {
    // However little else ran, there is something to compare.
    for (let i = 0; i < 10; i++)
      await send(gateway, '/api/v1/namespaces/team-a/pods', { token: gateway.people.alice.idToken });
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
    expect(byGateway.length).toBeGreaterThanOrEqual(10);
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
    expect(sent.length).toBeGreaterThanOrEqual(10);
    for (const event of sent) {
      const there = arrived.get(event.auditID);
      // Who leaves while the request is on its way may leave before the API server has read it.
      if (there === undefined && note(event, 'aborted') === 'client') continue;
      // Nor does anybody know whether it has read what ended as a lost connection: the API server is killed in one test.
      const isLost =
        event.responseStatus?.code === 502 || (event.responseStatus?.code === 0 && note(event, 'decision') === 'error');
      if (there === undefined && isLost) continue;
      expect(there, JSON.stringify(event)).toBeDefined();
      expect(there?.verb).toBe(event.verb);
      expect(there?.objectRef?.namespace ?? '').toBe(event.objectRef?.namespace ?? '');
      expect(there?.objectRef?.resource ?? '').toBe(event.objectRef?.resource ?? '');
    }
    // What was refused is nowhere in the API server's log.
    for (const event of ours.values())
      if (['deny', 'refused'].includes(note(event, 'decision'))) expect(arrived.has(event.auditID)).toBe(false);
  });
});
