import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { atEndOfTurn } from './at-end-of-turn.ts';

it('acts for all of a turn together, in the order in which they came, and not before its end', async () => {
  const told: string[] = [];
  const later = atEndOfTurn((subject: string, detail: number) => told.push(`${subject}${detail}`));
  later('a', 1);
  await Promise.resolve();
  later('b', 2);
  expect(told).toEqual([]);
  await turn();
  expect(told).toEqual(['a1', 'b2']);
});

it('leaves what comes from within an act to the next turn, so that nobody waits for a chain of them', async () => {
  const told: number[] = [];
  const later = atEndOfTurn((subject: number, detail: number) => {
    told.push(subject);
    if (subject < detail) later(subject + 1, detail);
  });
  later(1, 3);
  await turn();
  expect(told).toEqual([1]);
  await turn();
  await turn();
  expect(told).toEqual([1, 2, 3]);
});

it('does the others where one act fails, before those that came meanwhile', async () => {
  const told: string[] = [];
  const later = atEndOfTurn((subject: string, fails: boolean) => {
    if (fails) {
      later('meanwhile', false);
      throw new Error('planted');
    }
    told.push(subject);
  });
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const failed = once(process, 'uncaughtException');
    later('before', false);
    later('failing', true);
    later('behind', false);
    expect(await failed).toMatchObject([{ message: 'planted' }, 'uncaughtException']);
    await turn();
    await turn();
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  expect(told).toEqual(['before', 'behind', 'meanwhile']);
});
