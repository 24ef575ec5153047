import { afterEach, expect, test } from 'vitest';
import { watchWorker } from './watch-worker.ts';

const pause = (milliseconds: number) => new Promise((wake) => setTimeout(wake, milliseconds));
const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

function watch(ask: () => Promise<unknown>) {
  const seen = { asked: 0, stuck: 0 };
  const stop = watchWorker({
    ask() {
      seen.asked += 1;
      return ask();
    },
    onStuck: () => void (seen.stuck += 1),
    everyMs: 5,
    withinMs: 40,
  });
  stops.push(stop);
  return { seen, stop };
}

test('a worker that does not answer is told of, once', async () => {
  const { seen } = watch(() => new Promise(() => {}));
  await expect.poll(() => seen.stuck).toBe(1);
  await pause(100);
  expect(seen).toEqual({ asked: 1, stuck: 1 });
});

test('one that answers is asked again and again', async () => {
  const { seen } = watch(async () => {});
  await expect.poll(() => seen.asked).toBeGreaterThan(5);
  expect(seen.stuck).toBe(0);
});

test('one that ended, or that is being stopped, is not told of', async () => {
  const ended = watch(() => Promise.reject(new Error('gone')));
  const stopping = watch(() => new Promise(() => {}));
  await pause(20);
  stopping.stop();
  await pause(100);
  expect([ended.seen.stuck, stopping.seen.stuck]).toEqual([0, 0]);
});
