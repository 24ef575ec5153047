import { expect, test } from 'vitest';
import { listSourceRegexes, readLinearRegexes, keyOf } from '../../scripts/check/find-slow-regexes.ts';
import { analyseRegex, hasNoRepetition } from '../../scripts/check/regex/analyse-regex.ts';
import { ROOT } from '../check/copy-tree.ts';

/** `npm run check` believes the list of linear expressions, which anybody could edit: here each is analysed again. */
test('every regular expression that is listed as linear is linear', { timeout: 900_000 }, () => {
  const listed = new Set(readLinearRegexes(ROOT));
  const used = listSourceRegexes(ROOT).filter(
    ({ source, flags }) => source !== undefined && listed.has(keyOf(source, flags)),
  );
  const bySource = new Map(used.map((regex) => [keyOf(regex.source as string, regex.flags), regex]));
  const problems = [...bySource].flatMap(([key, { source, flags }]) => {
    if (hasNoRepetition(source as string)) return [];
    const verdict = analyseRegex(source as string, flags, 120_000);
    return verdict.linear ? [] : [`${key} ${verdict.problem}`];
  });
  console.log(`${bySource.size} regular expressions analysed`);
  expect(problems).toEqual([]);
  expect(
    [...listed].filter((key) => !bySource.has(key)),
    'listed and no longer used',
  ).toEqual([]);
});
