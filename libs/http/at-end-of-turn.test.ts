import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { atEndOfTurn } from './at-end-of-turn.ts';

const rethrow = (_subject: unknown, _detail: unknown, error: unknown): void => {
  throw error;
};

it('acts for all of a turn together, in the order in which they came, and not before its end', async () => {
  const done: string[] = [];
  const later = atEndOfTurn((subject: string, detail: number) => done.push(`${subject}${detail}`), rethrow);
  later('a', 1);
  await Promise.resolve();
  later('b', 2);
  expect(done).toEqual([]);
  await turn();
  expect(done).toEqual(['a1', 'b2']);
});

it('leaves what comes from within an act to the next turn, so that nobody waits for a chain of them', async () => {
  const done: number[] = [];
  const later = atEndOfTurn((subject: number, detail: number) => {
    done.push(subject);
    if (subject < detail) later(subject + 1, detail);
  }, rethrow);
  later(1, 3);
  await turn();
  expect(done).toEqual([1]);
  await turn();
  await turn();
  expect(done).toEqual([1, 2, 3]);
});

it('gives what an act throws to the subject’s own boundary, and goes on with the others', async () => {
  const done: string[] = [];
  const broken: string[] = [];
  const later = atEndOfTurn(
    (subject: string, fails: boolean) => {
      if (fails) throw new Error('planted');
      done.push(subject);
    },
    (subject, _fails, error) => broken.push(`${subject}: ${String(error)}`),
  );
  later('before', false);
  later('failing', true);
  later('behind', false);
  await turn();
  expect(done).toEqual(['before', 'behind']);
  expect(broken).toEqual(['failing: Error: planted']);
});
