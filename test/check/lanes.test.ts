import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles } from '../../scripts/check/list-files.ts';
import { FILES_OF_LANES, type LaneFiles } from '../../scripts/test/files-of-lanes.ts';
import { LANES, planOf } from '../../scripts/test/plan.ts';
import { ROOT } from './copy-tree.ts';

const lanes: Readonly<Record<string, LaneFiles>> = FILES_OF_LANES;
const among = (file: string, globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(file, glob));
const lanesOf = (file: string): string[] =>
  Object.keys(lanes).filter((lane) => among(file, lanes[lane]!.include) && !among(file, lanes[lane]!.exclude));
const everything = planOf([]).flat(2);

test('a file that no lane would run is seen', () => {
  expect(lanesOf('test/elsewhere/planted.test.ts')).toEqual([]);
});

test('each test file is in exactly one lane', () => {
  const files = listFiles(ROOT).filter((file) => /[.]test[.]tsx?$/.test(file));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => lanesOf(file).length !== 1)).toEqual([]);
});

test('each name in a lane’s list is a file, and a moved one is not forgotten', () => {
  const files = listFiles(ROOT);
  const globs = Object.values(lanes).flatMap(({ include, exclude }) => [...include, ...exclude]);
  expect(globs.filter((glob) => !files.some((file) => matchesGlob(file, glob)))).toEqual([]);
});

test('every lane is run once, all but the long form by `npm test`', () => {
  expect([...everything, 'long'].toSorted()).toEqual([...LANES].toSorted());
  expect(planOf(LANES).flat(2).toSorted()).toEqual([...LANES].toSorted());
  expect(Object.keys(lanes).filter((lane) => !LANES.some((name) => name === lane))).toEqual([]);
});

test('what measures has the machine for itself', () => {
  for (const alone of ['measured', 'long', 'unit'] as const)
    expect(
      planOf([])
        .concat(planOf(['long']))
        .filter((row) => row.flat().includes(alone)),
    ).toMatchObject([{ length: 1 }]);
});

test('lanes that are asked for by name are run, and no other', () => {
  expect(planOf(['e2e', 'check'])).toEqual([[['check']], [['e2e']]]);
});
