import { expect, test } from 'vitest';
import { createManualClock } from './testdata/manual-clock.ts';
import { watchStore } from './watch-store.ts';

function setUp() {
  const clock = createManualClock();
  const store = { state: 'good' as 'good' | 'fails' | 'hangs', probes: 0, savedAtMs: undefined as number | undefined };
  const records = { oldestAtMs: undefined as number | undefined };
  let held: (() => void)[] = [];
  const errors: unknown[] = [];
  const begin = () =>
    watchStore({
      async probe() {
        store.probes += 1;
        if (store.state === 'fails') throw new Error('disk full');
        if (store.state === 'hangs') await new Promise<void>((resolve) => held.push(resolve));
      },
      probeEveryMs: 1_000,
      failAfterMs: 5_000,
      recoverAfterMs: 2_000,
      lastSavedAtMs: () => store.savedAtMs,
      unsavedAgeMs: () => (records.oldestAtMs === undefined ? 0 : clock.now() - records.oldestAtMs),
      onError: (error) => errors.push(error),
      clock,
    });
  const goOn = (): void => {
    store.state = 'good';
    for (const resolve of held.splice(0)) resolve();
    held = [];
  };
  return { clock, store, records, errors, begin, goOn };
}

test('it is not ready before the first write, however long that takes', async () => {
  const { clock, store, begin, goOn } = setUp();
  store.state = 'hangs';
  const watch = begin();
  await clock.advance(1_000);
  expect(watch.ready()).toBe(false);
  expect(watch.stalledMs()).toBe(1_000);
  goOn();
  await watch.firstProbe;
  expect(watch.ready()).toBe(true);
});

test('a store that hangs is not ready after five seconds, without any traffic, and two seconds after it goes on', async () => {
  const { clock, store, begin, goOn } = setUp();
  const watch = begin();
  await clock.advance(1_500);
  store.state = 'hangs';
  await clock.advance(500 + 4_999);
  expect(watch.ready()).toBe(true);
  await clock.advance(1);
  expect(watch.ready()).toBe(false);
  // One probe hangs; no second one is begun beside it.
  expect(store.probes).toBe(3);
  goOn();
  await clock.advance(1_000);
  expect(watch.ready()).toBe(false);
  expect(watch.stalledMs()).toBe(0);
  await clock.advance(2_000);
  expect(watch.ready()).toBe(true);
});

test('a stall of three seconds leaves it ready all the time', async () => {
  const { clock, store, begin, goOn } = setUp();
  const watch = begin();
  await clock.advance(1_500);
  store.state = 'hangs';
  for (let at = 0; at < 30; at += 1) {
    await clock.advance(100);
    expect(watch.ready()).toBe(true);
  }
  goOn();
  for (let at = 0; at < 50; at += 1) {
    await clock.advance(100);
    expect(watch.ready()).toBe(true);
  }
});

test('a store that fails counts from the first failed probe on, and comes back by itself', async () => {
  const { clock, store, errors, begin } = setUp();
  const watch = begin();
  await clock.advance(500);
  store.state = 'fails';
  await clock.advance(500 + 5_000);
  expect(watch.ready()).toBe(false);
  expect(errors.length).toBeGreaterThan(3);
  store.state = 'good';
  await clock.advance(3_100);
  expect(watch.ready()).toBe(true);
});

test('records that cannot be saved count, though probes succeed', async () => {
  const { clock, records, begin } = setUp();
  const watch = begin();
  await clock.advance(1_000);
  records.oldestAtMs = clock.now();
  await clock.advance(5_000);
  expect(watch.ready()).toBe(false);
  records.oldestAtMs = undefined;
  await clock.advance(3_000);
  expect(watch.ready()).toBe(true);
});

test('a store to which records are saved all the time is not probed', async () => {
  const { clock, store, begin } = setUp();
  const watch = begin();
  await watch.firstProbe;
  for (let at = 0; at < 100; at += 1) {
    store.savedAtMs = clock.now();
    await clock.advance(100);
  }
  expect(store.probes).toBe(1);
  expect(watch.ready()).toBe(true);
  watch.stop();
  await clock.advance(10_000);
  expect(store.probes).toBe(1);
});
