import { describe, expect, test } from 'vitest';
import { createSteps } from './close-in-steps.ts';
import { createLog } from './log.ts';

const log = createLog('error');

describe('a shutdown', () => {
  test('goes on where a step fails or hangs, in the reverse order of opening, each step once', async () => {
    const done: string[] = [];
    const steps = createSteps({ ...log, warn: (_, fields) => void done.push(`failed ${String(fields?.step)}`) });
    steps.add('first', () => done.push('first'));
    steps.add('hanging', () => new Promise(() => {}), { withinMs: () => 20 });
    steps.add('failing', () => {
      throw new Error('no');
    });
    steps.add('last', (options) => done.push(`last ${options.graceMs}`));
    await Promise.all([steps.close({ graceMs: 7 }), steps.close()]);
    expect(done).toEqual(['last 7', 'failed failing', 'failed hanging', 'first']);
  });

  test('has failed where a step that saves did', async () => {
    const steps = createSteps({ ...log, warn() {} });
    steps.add('saving', () => new Promise(() => {}), { withinMs: () => 20, saves: true });
    steps.add('other', () => Promise.reject(new Error('no matter')));
    await expect(steps.close()).rejects.toThrow('saving did not end within 20 ms');
  });
});
