import { expect, test } from 'vitest';
import { parseRequest, readRequestHeaders } from '#kube';
import { compareHeaders } from '../requestinfo/compare-headers.ts';
import { openOracle } from '../requestinfo/oracle.ts';
import { describeRun, runCases } from '../requestinfo/run-cases.ts';

/** `npm run fuzz` takes a number of minutes and a seed. */
const SECONDS = 45;
const seed = Date.now() % 2 ** 31;
const again = `npm run fuzz -- --seed ${seed} makes these again`;

test('the parser and the API server’s own RequestInfoFactory agree on requests that no run has seen before', async () => {
  const cases = openOracle().generate({ seed, count: 0, grid: false });
  const run = await runCases(cases, parseRequest, Date.now() + SECONDS * 1000);
  console.log(describeRun(`seed ${seed} (${again})`, run));
  expect(run.problems).toEqual([]);
  expect(run.tally.cases).toBeGreaterThan(200_000);
});

test('header lists that no run has seen before are read as the rules say', () => {
  const run = compareHeaders(readRequestHeaders, seed, Date.now() + 10_000);
  console.log(`${run.accepted} accepted, ${run.refused} refused; ${again}`);
  expect(run.problems).toEqual([]);
  expect(Math.min(run.accepted, run.refused)).toBeGreaterThan(1_000);
});
