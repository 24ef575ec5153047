import { describe, expect, test } from 'vitest';
import { countGoEvents } from '../../scripts/test/run-go-tests.ts';
import { countVitestReport, type VitestReport } from '../../scripts/test/run-vitest.ts';

const file = (status: string, tests: string[], message = ''): VitestReport['testResults'][number] => ({
  name: '/repo/a.test.ts',
  status,
  message,
  assertionResults: tests.map((one, index) => ({ status: one, fullName: `test ${index}` })),
});
const count = (testResults: VitestReport['testResults'], exitCode: number | null = 0) =>
  countVitestReport('unit', { testResults }, { root: '/repo', exitCode });
const go = (events: object[], exitCode: number | null = 0) =>
  countGoEvents('test/x', events.map((event) => JSON.stringify(event)).join('\n'), exitCode);

describe('counting what Vitest reports', () => {
  test('a failed test fails', () => {
    expect(count([file('failed', ['passed', 'failed'])], 1)).toMatchObject({ passed: 1, failed: 1 });
  });
  test.each(['skipped', 'pending', 'todo'])('a %s test fails', (status) => {
    expect(count([file('passed', ['passed', status])])).toMatchObject({ passed: 1, failed: 1 });
  });
  test('a file that broke outside its tests fails', () => {
    expect(count([file('failed', ['passed'], 'afterAll threw')], 1)).toMatchObject({
      passed: 1,
      failed: 1,
      problems: ['a.test.ts: afterAll threw'],
    });
    expect(count([file('failed', [], 'cannot import')], 1)).toMatchObject({ passed: 0, failed: 1 });
  });
  test('a file without tests fails', () => {
    expect(count([file('passed', [])])).toMatchObject({ passed: 0, failed: 1 });
  });
  test('a run without files fails', () => {
    expect(count([])).toMatchObject({ passed: 0, failed: 1, problems: ['no test ran'] });
  });
  test.each([1, null])('an end with %s that no test explains fails', (exitCode) => {
    expect(count([file('passed', ['passed'])], exitCode)).toMatchObject({ passed: 1, failed: 1 });
  });
  test('a failed test’s message is printed without its stack', () => {
    const failed = {
      status: 'failed',
      fullName: 'adds',
      failureMessages: ['AssertionError: expected 1 to be 2\n    at a.test.ts:3:1'],
    };
    expect(count([{ ...file('failed', []), assertionResults: [failed] }], 1).problems).toEqual([
      'a.test.ts: adds (failed)\n      AssertionError: expected 1 to be 2',
    ]);
  });
  test('passed tests pass', () => {
    expect(count([file('passed', ['passed', 'passed'])])).toMatchObject({ passed: 2, failed: 0, problems: [] });
  });
});

describe('counting what go test reports', () => {
  test('failed and skipped tests fail', () => {
    const events = [
      { Action: 'pass', Package: 'p', Test: 'TestA' },
      { Action: 'fail', Package: 'p', Test: 'TestB' },
      { Action: 'skip', Package: 'p', Test: 'TestC' },
      { Action: 'fail', Package: 'p' },
    ];
    expect(go(events, 1)).toMatchObject({ passed: 1, failed: 2 });
  });
  test('a package that does not build fails', () => {
    expect(go([{ Action: 'fail', Package: 'p' }], 1)).toMatchObject({ passed: 0, failed: 1 });
  });
  test('a run without tests fails', () => {
    expect(go([{ Action: 'pass', Package: 'p' }])).toMatchObject({ passed: 0, failed: 1 });
  });
  test('passed tests pass', () => {
    expect(go([{ Action: 'pass', Package: 'p', Test: 'TestA' }])).toMatchObject({ passed: 1, failed: 0 });
  });
});
