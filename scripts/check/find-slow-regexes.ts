import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './list-files.ts';
import { analyseRegex, hasNoRepetition } from './regex/analyse-regex.ts';
import { listRegexes } from './regex/list-regexes.ts';
import { REVIEWED_REGEXES } from './regex/reviewed-regexes.ts';

/** What runs in the gateway, the command and the console, and the scripts; tests read only what the project writes. */
const SOURCE = /^(?:apps|libs|migrations|scripts|bin)\/(?:[^/]+\/)*[^/]+[.](?:ts|tsx|mts|mjs|js)$/;
const TEST = /[.]test[.]tsx?$|\/testdata\//;

/**
 * Verdicts of expressions that recheck found linear, since some take seconds to analyse. Written by
 * `node --conditions=source scripts/write-linear-regexes.ts`; a test of the long lane analyses each again.
 */
export const LINEAR_REGEXES = 'scripts/check/regex/linear-regexes.json';

/** An expression that is not linear after this time is refused: somebody has to read it, and it can be simpler. */
const TIMEOUT_MS = 10_000;

export interface SourceRegex {
  readonly path: string;
  readonly line: number;
  readonly source: string | undefined;
  readonly flags: string;
  readonly text: string;
}

export function listSourceRegexes(root: string): SourceRegex[] {
  return listFiles(root)
    .filter((path) => SOURCE.test(path) && !TEST.test(path))
    .flatMap((path) => listRegexes(root, path).map((regex) => ({ path, ...regex })));
}

/** How the list of linear expressions spells one. */
export const keyOf = (source: string, flags: string): string => `/${source}/${flags}`;

/** A regular expression that takes quadratic time lets one request block a worker for seconds. */
export function findSlowRegexes(root: string): string[] {
  const linear = new Set(readLinearRegexes(root));
  const unused = new Set(REVIEWED_REGEXES);
  const problems = listSourceRegexes(root).flatMap(({ path, line, source, flags, text }) => {
    const reviewed = REVIEWED_REGEXES.find((one) => one.path === path && one.text === text);
    if (reviewed) {
      unused.delete(reviewed);
      return [];
    }
    if (source === undefined) return [`${path}:${line} ${text} is built at run time, and is not among the reviewed`];
    if (linear.has(keyOf(source, flags)) || hasNoRepetition(source)) return [];
    const verdict = analyseRegex(source, flags, TIMEOUT_MS);
    return verdict.linear ? [] : [`${path}:${line} ${text} is not linear: ${verdict.problem}`];
  });
  return [...problems, ...[...unused].map(({ path, text }) => `${path} no longer holds ${text}; remove its review`)];
}

export const readLinearRegexes = (root: string): string[] =>
  JSON.parse(readFileSync(join(root, LINEAR_REGEXES), 'utf8')) as string[];

export const writeLinearRegexes = (root: string, keys: readonly string[]): void =>
  writeFileSync(join(root, LINEAR_REGEXES), `${JSON.stringify(keys, null, 2)}\n`);
