import { describe, expect, it } from 'vitest';
import { readFrames, selfTimes, type CpuProfile } from './read-profile.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
const PROFILE: CpuProfile = {
  startTime: 0,
  endTime: 1000,
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('judge', 'file:///somewhere/dist/libs/pipeline/judge.js'), children: [4] },
    { id: 4, callFrame: frame('hash') },
    { id: 5, callFrame: frame('judge', 'file:///somewhere/dist/libs/pipeline/judge.js') },
  ],
  samples: [2, 3, 4, 5, 2],
  timeDeltas: [0, 500, 100, 200, 100],
};

describe('a profile', () => {
  it('leaves out idling, and gives a sample the time up to the next one', () => {
    expect(readFrames(PROFILE).totalMicros).toBe(400);
  });

  it('leaves out what was before the last part of it, where that is asked for', () => {
    expect(readFrames(PROFILE, 400).totalMicros).toBe(300);
  });

  it('makes one frame of the same function below the same caller', () => {
    const [judge, ...others] = [...readFrames(PROFILE).children.values()];
    expect(others).toEqual([]);
    expect(judge).toMatchObject({ place: 'libs/pipeline/judge.js:10', selfMicros: 200, totalMicros: 400 });
  });

  it('tells where time was spent itself, the most first', () => {
    expect(selfTimes(readFrames(PROFILE)).map(({ name, share }) => [name, share])).toEqual([
      ['judge', 0.5],
      ['hash', 0.5],
    ]);
  });
});
