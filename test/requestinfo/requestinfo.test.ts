import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRequest } from '#kube';
import { brokenParsers } from './broken-parsers.ts';
import type { Parse } from './compare-case.ts';
import { goldenRows, GOLDEN_FILE, printGolden, readPairs } from './golden.ts';
import { openOracle, type Case, type Oracle, type Pair } from './oracle.ts';
import { describeRun, runCases } from './run-cases.ts';

/** Of the Go program's random numbers; another one makes other requests. */
const SEED = 20261;
const RANDOM_CASES = 200_000;
/** test/long has the same for longer. */
const FUZZ_SECONDS = 3;

let oracle: Oracle;
const sample: Case[][] = [];
beforeAll(async () => {
  oracle = openOracle();
  for await (const cases of oracle.generate({ seed: SEED, count: 30_000, grid: false })) sample.push(cases);
});

describe("the parser and the API server's own RequestInfoFactory", () => {
  it.each(brokenParsers(parseRequest))('are seen to differ where the parser %s', async (_what, broken) => {
    expect((await runCases(sample, broken)).problems).not.toEqual([]);
  });

  it('agree on the systematic grid and 200,000 random and mutated requests', async () => {
    const run = await runCases(oracle.generate({ seed: SEED, count: RANDOM_CASES, grid: true }), parseRequest);
    console.log(describeRun(`seed ${SEED}`, run));
    expect(run.problems).toEqual([]);
    expect(run.tally.cases).toBeGreaterThan(RANDOM_CASES * 2);
    // A parser that refuses everything agrees with everything.
    expect(run.tally.accepted).toBeGreaterThan(run.tally.cases * 0.4);
    expect(run.tally.accepted).toBeLessThan(run.tally.cases * 0.7);
  });

  it('agree on requests that no run has seen before, for some seconds', async () => {
    const seed = Date.now() % 2 ** 31;
    const run = await runCases(
      oracle.generate({ seed, count: 0, grid: false }),
      parseRequest,
      Date.now() + FUZZ_SECONDS * 1000,
    );
    console.log(describeRun(`seed ${seed} (npm run fuzz -- --seed ${seed} makes these again)`, run));
    expect(run.problems).toEqual([]);
    expect(run.tally.cases).toBeGreaterThan(10_000);
  });
});

describe('a full kubectl session, as it was recorded', () => {
  const pairs = readFileSync(join(import.meta.dirname, 'kubectl-session.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): Pair => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);

  it('is seen to be refused by a parser that is too strict', async () => {
    const strict: Parse = (method, target) =>
      /%|\+/.test(target) ? { ok: false, code: 'badQuery', message: '' } : parseRequest(method, target);
    expect((await runCases([await oracle.answer(pairs)], strict)).problems).not.toEqual([]);
  });

  it('is never refused, and read as the API server reads it', async () => {
    const run = await runCases([await oracle.answer(pairs)], parseRequest);
    console.log(describeRun('kubectl', run));
    expect(run.problems).toEqual([]);
    expect(run.tally.accepted).toBe(pairs.length);
    expect(pairs.length).toBeGreaterThan(150);
    expect([...run.tally.verbs.keys()].toSorted()).toEqual([
      'create',
      'delete',
      'get',
      'list',
      'patch',
      'update',
      'watch',
    ]);
  });
});

describe('the golden file of the unit tests', () => {
  const file = readFileSync(GOLDEN_FILE, 'utf8');
  const asked = async (): Promise<string> => printGolden(goldenRows(await oracle.answer(readPairs(file))));

  it('is seen to be wrong where a row was edited by hand', async () => {
    expect(file).toContain('"deletecollection"');
    expect(await asked()).not.toBe(file.replace('"deletecollection"', '"delete"'));
  });

  it('is what the API server says (test/requestinfo/write-golden.ts writes it)', async () => {
    expect(await asked()).toBe(file);
  });
});
