/**
 * Analyses every regular expression of the source that is not yet in `linear-regexes.json`, and writes those that are
 * linear there, so that `npm run check` need not analyse them again. `--all` trusts no verdict of before.
 *
 *   node --conditions=source scripts/write-linear-regexes.ts [--all]
 */
import { resolve } from 'node:path';
import { keyOf, listSourceRegexes, readLinearRegexes, writeLinearRegexes } from './check/find-slow-regexes.ts';
import { analyseRegex, hasNoRepetition } from './check/regex/analyse-regex.ts';

const TIMEOUT_MS = 120_000;

const root = resolve(import.meta.dirname, '..');
const known = new Set(process.argv.includes('--all') ? [] : readLinearRegexes(root));
const linear = new Set<string>();
for (const { path, line, source, flags, text } of listSourceRegexes(root)) {
  if (source === undefined || hasNoRepetition(source)) continue;
  const key = keyOf(source, flags);
  if (linear.has(key)) continue;
  const verdict = known.has(key) ? { linear: true as const } : analyseRegex(source, flags, TIMEOUT_MS);
  if (verdict.linear) linear.add(key);
  else console.log(`${path}:${line} ${text} is not linear: ${verdict.problem}`);
}
writeLinearRegexes(root, [...linear].sort());
