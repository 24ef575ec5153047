/**
 * `npm run fuzz`: new random and mutated requests until the time is over, or something is wrong.
 *
 *   npm run fuzz -- --minutes 5             a seed of its own, which is printed
 *   npm run fuzz -- --minutes 1 --seed 7    the same requests again
 *
 * Targets come from the Go program of test/cluster/requestinfo, with what the API server makes of them; headers are
 * held to a slow reading of the rules.
 */
import { parseArgs } from 'node:util';
import { parseRequest, readRequestHeaders } from '#kube';
import { compareHeaders } from '../test/requestinfo/compare-headers.ts';
import { openOracle } from '../test/requestinfo/oracle.ts';
import { describeRun, runCases } from '../test/requestinfo/run-cases.ts';

/** Of the time; headers need less of it, since nobody else has to be asked. */
const HEADERS_SHARE = 0.1;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('usage: npm run fuzz -- [--minutes N] [--seed N]');
  process.exit(2);
}

console.log(`seed ${seed}, ${minutes} minutes`);
const endMs = Date.now() + minutes * 60_000;
const headers = compareHeaders(readRequestHeaders, seed, Date.now() + minutes * 60_000 * HEADERS_SHARE);
console.log(
  `${headers.accepted + headers.refused} header lists: ${headers.accepted} accepted, ${headers.refused} refused`,
);
const targets = await runCases(openOracle().generate({ seed, count: 0, grid: false }), parseRequest, endMs);
console.log(describeRun('targets', targets));

const problems = [...headers.problems, ...targets.problems];
for (const problem of problems) console.log(`✗ ${problem}`);
console.log(problems.length === 0 ? 'no disagreement, no crash' : `${problems.length} disagreements; seed ${seed}`);
process.exitCode = problems.length === 0 ? 0 : 1;
