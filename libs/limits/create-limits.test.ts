import { describe, expect, test } from 'vitest';
import { createLimitLender, createLimits as createLimitsOf, type LimitName } from './create-limits.ts';
import type { Lease, LimitSettings } from './ports.ts';

/** One process borrows from nobody. */
const createLimits = (settings: LimitSettings) =>
  createLimitsOf(settings, 1, {
    borrow: () => Promise.reject(new Error('asked')),
    giveBack() {
      throw new Error('gave back');
    },
  });
const alice = { issuerUrl: 'https://issuer.example', subject: 'alice' };
const bob = { issuerUrl: 'https://issuer.example', subject: 'bob' };
const NONE: LimitSettings = {
  maxStreamsPerPerson: 0,
  maxStreams: 0,
  maxRequestsInFlightPerPerson: 0,
  maxRequestsInFlight: 0,
};

describe.each([
  ['takeStream', 'maxStreamsPerPerson', 'maxStreams', 'streams'],
  ['takeRequest', 'maxRequestsInFlightPerPerson', 'maxRequestsInFlight', 'requestsInFlight'],
] as const)('%s', (take, perPerson, total, count) => {
  test('refuses one person what is more than theirs, and nobody else', () => {
    const limits = createLimits({ ...NONE, [perPerson]: 2 });
    limits[take](alice);
    limits[take](alice);
    expect(limits[take](alice)).toMatchObject({ ok: false, message: expect.stringContaining('2') });
    expect(limits[take](bob)).toMatchObject({ ok: true });
  });

  test('refuses everybody what is more than all may have', () => {
    const limits = createLimits({ ...NONE, [total]: 2 });
    limits[take](alice);
    limits[take](bob);
    expect(limits[take](bob)).toMatchObject({ ok: false, message: expect.stringContaining('2') });
    expect(limits.stats()[count]).toBe(2);
  });

  test('a refused one takes no place, and a place that is given back twice is free once', () => {
    const limits = createLimits({ ...NONE, [perPerson]: 1, [total]: 2 });
    const first = limits[take](alice) as Lease;
    for (let i = 0; i < 5; i++) expect(limits[take](alice)).toMatchObject({ ok: false });
    limits[take](bob);
    first.release();
    first.release();
    expect(limits.stats()[count]).toBe(1);
    expect(limits[take](alice)).toMatchObject({ ok: true });
    expect(limits[take](alice)).toMatchObject({ ok: false });
  });

  test('counts the person: one subject of two issuers is two people', () => {
    const limits = createLimits({ ...NONE, [perPerson]: 1 });
    limits[take](alice);
    expect(limits[take]({ ...alice, issuerUrl: 'https://other.example' })).toMatchObject({ ok: true });
    expect(limits[take]({ ...alice })).toMatchObject({ ok: false });
  });

  test('zero is no limit', () => {
    const limits = createLimits(NONE);
    for (let i = 0; i < 10_000; i++) expect(limits[take](alice)).toMatchObject({ ok: true });
  });
});

test('streams and requests in flight do not take from each other', () => {
  const limits = createLimits({
    maxStreamsPerPerson: 1,
    maxStreams: 1,
    maxRequestsInFlightPerPerson: 1,
    maxRequestsInFlight: 1,
  });
  expect(limits.takeStream(alice)).toMatchObject({ ok: true });
  expect(limits.takeRequest(alice)).toMatchObject({ ok: true });
  expect(limits.stats()).toEqual({ streams: 1, requestsInFlight: 1 });
});

describe('several processes', () => {
  /** As the workers of one gateway; messages take a turn of the event loop. */
  function createProcesses(settings: LimitSettings, count: number) {
    const lenders = createLimitLender(settings, count);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    return Array.from({ length: count }, (_, process) =>
      createLimitsOf(settings, count, {
        async borrow(what: LimitName, scope, key) {
          await turn();
          return lenders[what].borrow(process, scope, key);
        },
        giveBack: (what, scope, key, given) =>
          void turn().then(() => lenders[what].giveBack(process, scope, key, given)),
      }),
    );
  }

  test('refuse exactly the stream that is one too many, whichever of them is asked', async () => {
    const processes = createProcesses({ ...NONE, maxStreamsPerPerson: 3, maxStreams: 5 }, 4);
    const taken = await Promise.all([0, 1, 2, 3].map((at) => processes[at]!.takeStream(alice)));
    expect(taken.filter(({ ok }) => ok)).toHaveLength(3);
    const bobs = await Promise.all([0, 1, 2].map((at) => processes[at]!.takeStream(bob)));
    expect(bobs.filter(({ ok }) => ok)).toHaveLength(2);
    for (const each of [...taken, ...bobs]) if (each.ok) each.release();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const again = [];
    for (const at of [3, 3, 3, 3]) again.push(await processes[at]!.takeStream(alice));
    expect(again.map(({ ok }) => ok)).toEqual([true, true, true, false]);
  });

  test('a refusal for all gives the person’s place back', async () => {
    const [first, second] = createProcesses({ ...NONE, maxStreamsPerPerson: 2, maxStreams: 1 }, 2);
    const held = (await first!.takeStream(alice)) as Lease;
    for (let i = 0; i < 5; i++) expect(await second!.takeStream(bob)).toMatchObject({ ok: false });
    held.release();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await second!.takeStream(bob)).toMatchObject({ ok: true });
  });
});
