import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { GatehouseError } from '#errors';
import { createLoopback, createSupervisorLink, createWorkersLink, type SupervisorEnd } from './create-links.ts';
import { topic } from './link.ts';

const ADD = topic<{ a: number; b: number }, number>('add');
const NOTE = topic<string>('note');

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A supervisor with workers 1 and 2 behind real channels, which copy what goes through. */
function createWorld() {
  const workers = createWorkersLink();
  const supervisors: SupervisorEnd[] = [];
  const gone: (() => void)[] = [];
  for (const worker of [1, 2]) {
    const { port1, port2 } = new MessageChannel();
    const supervisor = createSupervisorLink(worker, (message) => port2.postMessage(message));
    const attached = workers.attach(worker, (message) => port1.postMessage(message));
    port1.on('message', attached.receive);
    port2.on('message', supervisor.receive);
    supervisors.push(supervisor);
    gone.push(attached.gone);
    closers.push(() => port1.close());
  }
  return { workers, one: supervisors[0] as SupervisorEnd, two: supervisors[1] as SupervisorEnd, gone };
}

describe('the link between supervisor and workers', () => {
  test('a topic that nobody answers is refused, and so is a second answerer', async () => {
    const { workers, one } = createWorld();
    await expect(one.ask(ADD, { a: 1, b: 2 })).rejects.toThrow('nobody answers "add" here');
    workers.answer(ADD, ({ a, b }) => a + b);
    expect(() => workers.answer(ADD, () => 0)).toThrow('answered already');
  });

  test('a GatehouseError stays one, any other error keeps its words and code', async () => {
    const { workers, one } = createWorld();
    workers.answer(ADD, () => {
      throw new GatehouseError('storeUnavailable', undefined, { cause: new Error('disk') });
    });
    await expect(one.ask(ADD, { a: 1, b: 2 })).rejects.toMatchObject({
      code: 'storeUnavailable',
      cause: expect.objectContaining({ message: 'disk' }),
    });
    one.answer(ADD, () => {
      throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    });
    const { failed } = await workers.askAll(ADD, { a: 1, b: 2 }, 1000);
    expect(failed.find(({ worker }) => worker === 1)?.error).toMatchObject({
      code: 'EADDRINUSE',
      message: 'in use',
    });
  });

  test('the supervisor knows who asks, and asks everybody at once', async () => {
    const { workers, one, two } = createWorld();
    workers.answer(ADD, ({ a, b }, worker) => a + b + worker * 100);
    expect(await Promise.all([one.ask(ADD, { a: 1, b: 2 }), two.ask(ADD, { a: 1, b: 2 })])).toEqual([103, 203]);
    one.answer(ADD, async ({ a, b }) => a * b);
    two.answer(ADD, ({ a, b }) => a - b);
    const { answers, failed } = await workers.askAll(ADD, { a: 3, b: 2 }, 1000);
    expect(answers.toSorted((x, y) => x.worker - y.worker)).toEqual([
      { worker: 1, value: 6 },
      { worker: 2, value: 1 },
    ]);
    expect(failed).toEqual([]);
  });

  test('who is late is named and not waited for', async () => {
    const { workers, one, two } = createWorld();
    one.answer(ADD, () => 1);
    two.answer(ADD, () => new Promise<number>(() => {}));
    const { answers, failed } = await workers.askAll(ADD, { a: 1, b: 2 }, 30);
    expect(answers).toEqual([{ worker: 1, value: 1 }]);
    expect(failed).toEqual([{ worker: 2, error: expect.objectContaining({ message: 'no answer within 30 ms' }) }]);
  });

  test('who ends meanwhile is named, told of once, and asked no more', async () => {
    const { workers, one, two, gone } = createWorld();
    const ended: number[] = [];
    workers.onGone((worker) => ended.push(worker));
    one.answer(ADD, () => 1);
    two.answer(ADD, () => new Promise<number>(() => {}));
    const asked = workers.askAll(ADD, { a: 1, b: 2 }, 10_000);
    gone[1]?.();
    gone[1]?.();
    expect((await asked).failed).toEqual([
      { worker: 2, error: expect.objectContaining({ message: expect.stringContaining('gone') }) },
    ]);
    expect(ended).toEqual([2]);
    expect(await workers.askAll(ADD, { a: 1, b: 2 }, 1000)).toEqual({ answers: [{ worker: 1, value: 1 }], failed: [] });
  });

  test('a worker whose supervisor is gone is refused, whatever it asked', async () => {
    const { workers, one } = createWorld();
    workers.answer(ADD, () => new Promise<number>(() => {}));
    const asked = one.ask(ADD, { a: 1, b: 2 });
    one.lose();
    await expect(asked).rejects.toThrow('gone');
    await expect(one.ask(ADD, { a: 1, b: 2 })).rejects.toThrow('gone');
    one.tell(NOTE, 'nobody hears this');
  });

  test('what is told and asked arrives in that order, on both sides', async () => {
    const { workers, one } = createWorld();
    const heard: string[] = [];
    workers.answer(NOTE, (text) => void heard.push(text));
    workers.answer(ADD, ({ a }) => {
      heard.push(`asked ${a}`);
      return a;
    });
    one.tell(NOTE, 'first');
    const asked = one.ask(ADD, { a: 7, b: 0 });
    one.tell(NOTE, 'last');
    await asked;
    await expect.poll(() => heard).toEqual(['first', 'asked 7', 'last']);
    one.answer(NOTE, (text) => void heard.push(`worker: ${text}`));
    workers.tellAll(NOTE, 'all');
    await expect.poll(() => heard.at(-1)).toBe('worker: all');
  });

  test('with one process it is the same link without a wire', async () => {
    const { workers, supervisor } = createLoopback();
    workers.answer(ADD, ({ a, b }, worker) => a + b + worker);
    supervisor.answer(ADD, ({ a, b }) => a * b);
    expect(supervisor.worker).toBe(0);
    expect(await supervisor.ask(ADD, { a: 2, b: 3 })).toBe(5);
    expect(await workers.askAll(ADD, { a: 2, b: 3 }, 100)).toEqual({ answers: [{ worker: 0, value: 6 }], failed: [] });
  });
});
