/**
 * Writes what docs/performance/results.json says into docs/performance.md, between its markers, and draws the chart;
 * with `--check` it writes nothing and fails where page or chart say something else. `npm run bench` calls it.
 *
 *   node --conditions=source scripts/generate-performance-page.ts [--check]
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartOf, describeResults } from '../test/bench/report/describe-results.ts';
import type { Results } from '../test/bench/results.ts';
import { writeOrCheck } from './write-or-check.ts';

const PAGE = 'docs/performance.md';
const [BEGIN, END] = ['<!-- results: written by scripts/generate-performance-page.ts -->', '<!-- end of results -->'];

const root = join(import.meta.dirname, '..');
const resultsFile = join(root, 'docs/performance/results.json');
const results = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Results) : undefined;
const page = readFileSync(join(root, PAGE), 'utf8');
const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`${PAGE} has lost its markers`);
writeOrCheck(PAGE, `${page.slice(0, begin)}${BEGIN}\n\n${describeResults(results)}\n\n${page.slice(end)}`);
const chart = results && chartOf(results);
if (chart !== undefined) writeOrCheck('docs/performance/short-requests.svg', chart);
