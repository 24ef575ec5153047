/**
 * `npm run check`: everything about the sources that needs no running part. Each step prints its
 * problems as `file:line message`; all steps run, so that one run shows everything.
 *
 *   node --conditions=source scripts/check.ts [--root <folder>] [--only format,lint] [--report <file>]
 *
 * `--root` lets the tests check a copy with a planted violation; `--report` writes the outcome of each
 * step as JSON, which `npm test` counts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STEPS } from './check/steps.ts';

const { values } = parseArgs({
  options: { root: { type: 'string' }, only: { type: 'string' }, report: { type: 'string' } },
});
const root = resolve(values.root ?? resolve(import.meta.dirname, '..'));
const only = values.only?.split(',');
const unknown = only?.filter((name) => !STEPS.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(', ')}; there are ${STEPS.map((step) => step.name).join(', ')}`);
  process.exit(2);
}

const outcomes: { name: string; problems: string[] }[] = [];
for (const step of STEPS) {
  if (only && !only.includes(step.name)) continue;
  const startedAt = performance.now();
  const problems = step.findProblems(root);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${problems.length === 0 ? '✓' : '✗'} ${step.name}: ${step.promise} (${seconds} s)`);
  for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`);
  outcomes.push({ name: step.name, problems });
}

if (values.report) {
  mkdirSync(dirname(resolve(values.report)), { recursive: true });
  writeFileSync(values.report, JSON.stringify(outcomes, null, 2));
}
process.exitCode = outcomes.some((outcome) => outcome.problems.length > 0) ? 1 : 0;
