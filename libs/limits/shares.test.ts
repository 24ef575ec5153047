import { describe, expect, test } from 'vitest';
import type { Lease } from './ports.ts';
import { createLender, createShares, exactTermsOf, termsOf } from './shares.ts';

/** Processes whose messages take a turn of the event loop, each way. */
function createProcesses(limit: number, count: number, terms = termsOf(limit, count)) {
  const lender = createLender(terms);
  let messages = 0;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const join = (process: number) =>
    createShares(terms, {
      async borrow(scope, key) {
        messages++;
        await turn();
        const lent = lender.borrow(process, scope, key);
        await turn();
        return lent;
      },
      giveBack(scope, key, given) {
        messages++;
        void turn().then(() => lender.giveBack(process, scope, key, given));
      },
    });
  return { lender, processes: Array.from({ length: count }, (_, i) => join(i)), messages: () => messages, turn };
}

const LIMITS = [1, 2, 3, 5, 10, 100, 2_500] as const;

describe.each([1, 2, 8])('%i processes', (count) => {
  test.each(LIMITS)('never take more than %i together, and all of it when asked for everywhere', async (limit) => {
    const { processes } = createProcesses(limit, count);
    const asked = Array.from({ length: limit * 2 }, (_, i) => processes[i % count]!.take('issuer', 'alice'));
    const places = (await Promise.all(asked)).filter((place) => place !== undefined);
    expect(places).toHaveLength(limit);
    expect(processes.reduce((sum, process) => sum + process.taken(), 0)).toBe(limit);
  });

  test.each(LIMITS)('give one of them at least seven eighths of %i', async (limit) => {
    const { processes } = createProcesses(limit, count);
    let got = 0;
    for (let i = 0; i < limit + 5; i++) if (await processes[0]!.take('issuer', 'alice')) got++;
    expect(got).toBeGreaterThanOrEqual(Math.ceil((limit * 7) / 8));
    expect(got).toBeLessThanOrEqual(limit);
  });

  test('stay within the limit while people come and go, and give all back in the end', async () => {
    const limit = 40;
    const { processes, turn } = createProcesses(limit, count);
    const held: Lease[][] = processes.map(() => []);
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 3_000; step++) {
      const at = random(count);
      if (random(5) < 3) {
        const place = await processes[at]!.take('issuer', 'alice');
        if (place) held[at]!.push(place);
      } else held[at]!.splice(random(held[at]!.length + 1), 1)[0]?.release();
      expect(processes.reduce((sum, process) => sum + process.taken(), 0)).toBeLessThanOrEqual(limit);
    }
    held.flat().forEach((place) => place.release());
    await turn();
    await turn();
    const again = await Promise.all(
      Array.from({ length: limit }, (_, i) => processes[i % count]!.take('issuer', 'alice')),
    );
    expect(again.filter((place) => place !== undefined)).toHaveLength(limit);
  });
});

test('an ordinary person costs no message at all', () => {
  const { processes, messages } = createProcesses(2_500, 8);
  const places = Array.from({ length: 30 }, () => processes[0]!.take('issuer', 'alice') as Lease);
  places.forEach((place) => place.release());
  expect(messages()).toBe(0);
});

test('somebody at the edge of a chunk costs no message a request', async () => {
  const { processes, messages } = createProcesses(2_500, 2);
  const places: Lease[] = [];
  for (let i = 0; i < 400; i++) places.push((await processes[0]!.take('issuer', 'alice'))!);
  const before = messages();
  for (let i = 0; i < 1_000; i++) {
    places.pop()?.release();
    places.push((await processes[0]!.take('issuer', 'alice'))!);
  }
  expect(messages() - before).toBeLessThan(3);
});

test.each(LIMITS)('exact terms give one process all of %i, with a message each', async (limit) => {
  const { processes, messages } = createProcesses(limit, 8, exactTermsOf(limit, 8));
  let got = 0;
  for (let i = 0; i < limit + 5; i++) if (await processes[0]!.take('issuer', 'alice')) got++;
  expect(got).toBe(limit);
  expect(messages()).toBe(limit + 5);
});

test('who holds nothing is forgotten in the end, who holds something never', () => {
  const { processes } = createProcesses(1, 1);
  const shares = processes[0]!;
  const held = Array.from({ length: 100 }, (_, i) => shares.take('held', String(i)) as Lease);
  for (let i = 0; i < 50_000; i++) (shares.take('passing', String(i)) as Lease).release();
  expect(shares.size()).toBeLessThan(5_000);
  expect(shares.taken()).toBe(100);
  for (let i = 0; i < 100; i++) expect(shares.take('held', String(i))).toBeUndefined();
  held.forEach((place) => place.release());
  expect(shares.take('held', '7')).toMatchObject({ ok: true });
});

test('people do not take from each other', async () => {
  const { processes } = createProcesses(3, 2);
  for (let i = 0; i < 5; i++) await processes[0]!.take('issuer', 'alice');
  expect(await processes[0]!.take('issuer', 'bob')).toMatchObject({ ok: true });
  expect(await processes[1]!.take('other issuer', 'alice')).toMatchObject({ ok: true });
});

test('what an ended process had borrowed is free again', async () => {
  const { processes, lender } = createProcesses(3, 2);
  for (let i = 0; i < 3; i++) await processes[0]!.take('issuer', 'alice');
  expect(await processes[1]!.take('issuer', 'alice')).toBeUndefined();
  lender.gone(0);
  expect(await processes[1]!.take('issuer', 'alice')).toMatchObject({ ok: true });
});

test('without a limit nothing is asked', () => {
  const { processes, messages } = createProcesses(0, 2);
  for (let i = 0; i < 10_000; i++) expect(processes[0]!.take('issuer', 'alice')).toMatchObject({ ok: true });
  expect(messages()).toBe(0);
});
