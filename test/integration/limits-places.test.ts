/** Places: how many streams and requests one person, and all of them, may hold; against the built gateway. */
import type { ClientRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, begin, connectTo, readAll, readAnswer, until, watch } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';

const PODS = '/api/v1/namespaces/team-a/pods';
let world: SmallWorld;
let alice: string;
let bob: string;

describe.each([1, 2])('%i workers', (workers) => {
  beforeAll(async () => {
    world = await startSmallWorld({
      GATEHOUSE_WORKERS: String(workers),
      GATEHOUSE_LIMITS_MAX_STREAMS_PER_PERSON: '3',
      GATEHOUSE_LIMITS_MAX_STREAMS: '5',
      GATEHOUSE_LIMITS_MAX_REQUESTS_IN_FLIGHT_PER_PERSON: '3',
      GATEHOUSE_LIMITS_MAX_REQUESTS_IN_FLIGHT: '5',
    });
    [alice, bob] = await Promise.all([world.tokenOf('alice'), world.tokenOf('bob')]);
  });
  afterAll(() => world?.stop());
  beforeEach(quiet);

  const upgradeRequest = (token: string, path = `${PODS}/web/exec?command=id`): string =>
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`;

  /** Nothing is open any more, and whoever counts has heard of it. */
  async function quiet(): Promise<void> {
    await until(() => world.upstream.watches() === 0 && world.upstream.tunnels() === 0 && world.upstream.held() === 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /**
   * Opens as many watches as the person may, sees that one more is refused, and closes them. Whoever has just left may
   * still be on the way through the gateway: it is asked again until all are free, for five seconds.
   */
  async function expectAllThreeFree(token: string): Promise<void> {
    const end = Date.now() + 5_000;
    for (;;) {
      const watches = [];
      for (let i = 0; i < 4; i++) watches.push(await watch(world, token));
      watches.forEach(({ stop }) => stop());
      await until(() => world.upstream.watches() === 0 && world.upstream.tunnels() === 0);
      const statuses = watches.map(({ status }) => status);
      if (statuses.join(' ') === '200 200 200 429' || Date.now() > end)
        return expect(statuses).toEqual([200, 200, 200, 429]);
    }
  }

  describe('streams', () => {
    test('one more than a person may hold is a 429 that says why, sends nothing and is recorded; others go on', async () => {
      const held = [await watch(world, alice), await watch(world, alice), await watch(world, alice)];
      const before = world.upstream.received.length;
      const refused = await ask(world, '/api/v1/services?watch=1', { token: alice });
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      expect(JSON.parse(refused.body)).toMatchObject({
        kind: 'Status',
        reason: 'TooManyRequests',
        code: 429,
        message: expect.stringContaining('limits.maxStreamsPerPerson'),
      });
      expect(world.upstream.received).toHaveLength(before);
      const bobs = await watch(world, bob);
      expect(bobs.status).toBe(200);
      // A short request is no stream.
      expect((await ask(world, PODS, { token: alice })).status).toBe(200);
      expect(await world.auditRows("request_uri = '/api/v1/services?watch=1'")).toMatchObject([
        {
          username: 'demo:alice',
          decision: 'refused',
          stage: 'ResponseComplete',
          status_code: 429,
          annotations: { code: 'tooManyRequests' },
        },
      ]);
      [...held, bobs].forEach(({ stop }) => stop());
    });

    test('are counted for the person, whatever token they come with, and whatever kind they are', async () => {
      const other = await world.tokenOf('alice');
      expect(other).not.toBe(alice);
      const held = [await watch(world, alice), await watch(world, other)];
      const exec = await connectTo(world);
      exec.write(upgradeRequest(alice));
      await until(() => world.upstream.tunnels() === 1);
      expect((await watch(world, other)).status).toBe(429);
      const refused = await connectTo(world);
      refused.write(upgradeRequest(other));
      expect(await readAll(refused)).toMatch(/^HTTP\/1\.1 429 /);
      expect((await ask(world, `${PODS}/web/log?follow=1`, { token: alice })).status).toBe(429);
      exec.destroy();
      held.forEach(({ stop }) => stop());
    });

    test('of all people together have a limit of their own', async () => {
      const held = [];
      for (const token of [alice, alice, alice, bob, bob]) held.push(await watch(world, token));
      const refused = await ask(world, '/api/v1/pods?watch=1', { token: bob });
      expect(refused.status).toBe(429);
      expect(JSON.parse(refused.body).message).toContain('the gateway holds 5 streams');
      held.pop()?.stop();
      await until(() => world.upstream.watches() === 4);
      const carol = await watch(world, await world.tokenOf('carol'));
      expect(carol.status).toBe(200);
      [...held, carol].forEach(({ stop }) => stop());
    });

    test('give their place back when the client goes away', async () => {
      for (let i = 0; i < 20; i++) (await watch(world, alice)).stop();
      await expectAllThreeFree(alice);
    });

    test('… before it has had an answer', async () => {
      for (let i = 0; i < 20; i++) {
        const outbound = begin(world, '/api/v1/pods?watch=1', { token: alice });
        outbound.on('error', () => {});
        outbound.end();
        await new Promise((resolve) => setTimeout(resolve, i % 4));
        outbound.destroy();
      }
      await expectAllThreeFree(alice);
    });

    test('… while an upgrade is open, and when an upgrade is refused', async () => {
      for (let i = 0; i < 10; i++) {
        const exec = await connectTo(world);
        exec.write(upgradeRequest(alice));
        await until(() => world.upstream.tunnels() === 1);
        exec.destroy();
        await until(() => world.upstream.tunnels() === 0);
      }
      for (let i = 0; i < 10; i++) {
        const denied = await connectTo(world);
        denied.write(upgradeRequest(alice, `/clusters/gatehouse${PODS}/web/exec`));
        expect(await readAll(denied)).toMatch(/^HTTP\/1\.1 40[34] /);
      }
      await expectAllThreeFree(alice);
    });

    test('… and when the upstream ends them', async () => {
      const held = [await watch(world, alice), await watch(world, alice), await watch(world, alice)];
      world.upstream.cutWatches();
      await Promise.all(held.map(({ answer }) => new Promise((resolve) => answer.once('close', resolve))));
      await expectAllThreeFree(alice);
    });
  });

  describe('requests in flight', () => {
    test('one more than a person may have is a 429; others go on, and every answer gives its place back', async () => {
      world.upstream.hold();
      const pending = Array.from({ length: 3 }, () => ask(world, PODS, { token: alice }));
      await until(() => world.upstream.held() === 3);
      const refused = await ask(world, PODS, { token: alice });
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      pending.push(ask(world, PODS, { token: bob }), ask(world, PODS, { token: bob }));
      await until(() => world.upstream.held() === 5);
      const overall = await ask(world, PODS, { token: await world.tokenOf('carol') });
      expect(overall.status).toBe(429);
      world.upstream.release();
      expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      for (let i = 0; i < 10; i++) expect((await ask(world, PODS, { token: alice })).status).toBe(200);
    });

    test('give their place back when the client goes away', async () => {
      world.upstream.hold();
      for (let round = 0; round < 5; round++) {
        const pending: ClientRequest[] = [];
        const send = (at: number): void => {
          const outbound = begin(world, PODS, { token: alice, method: round % 2 ? 'POST' : 'GET' });
          pending[at] = outbound;
          outbound.on('error', () => {});
          // Those of the round before give their places back when the gateway has noticed that their clients are gone.
          outbound.on('response', (response) => {
            response.resume();
            if (response.statusCode === 429) send(at);
          });
          if (round % 2) outbound.write('half a body');
          else outbound.end();
        };
        for (let at = 0; at < 3; at += 1) send(at);
        await until(() => world.upstream.held() === (round % 2 ? 0 : 3));
        await new Promise((resolve) => setTimeout(resolve, 50));
        pending.forEach((outbound) => outbound.destroy());
        await until(() => world.upstream.held() === 0);
      }
      world.upstream.release();
      const answers = await Promise.all(Array.from({ length: 3 }, () => ask(world, PODS, { token: alice })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    });

    test('… and after each sort of refusal', async () => {
      for (let i = 0; i < 5; i++) {
        expect((await ask(world, `/clusters/gatehouse${PODS}`, { token: alice })).status).toBe(403);
        expect((await ask(world, `/clusters/nowhere${PODS}`, { token: alice })).status).toBe(404);
        expect((await ask(world, `${PODS}/..`, { token: alice })).status).toBe(400);
      }
      world.upstream.hold();
      const pending = Array.from({ length: 3 }, () => ask(world, PODS, { token: alice }));
      await until(() => world.upstream.held() === 3);
      world.upstream.release();
      expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200, 200]);
    });
  });

  test('a body that has begun is answered with 429 too', async () => {
    world.upstream.hold();
    const pending = Array.from({ length: 3 }, () => ask(world, PODS, { token: alice }));
    await until(() => world.upstream.held() === 3);
    const outbound = begin(world, PODS, { token: alice, method: 'POST', headers: { 'content-length': '100000' } });
    outbound.on('error', () => {});
    outbound.write('x'.repeat(1000));
    expect((await readAnswer(outbound)).status).toBe(429);
    outbound.destroy();
    world.upstream.release();
    await Promise.all(pending);
  });
});
