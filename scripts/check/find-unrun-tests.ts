import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './list-files.ts';

/**
 * Words that keep a test from running, or let it pass whatever happens. The lint rules know most of
 * them; `skipIf`, `runIf`, `ctx.skip()` and Go's `t.Skip` are why this looks at the text too.
 */
const UNRUN = [
  /\b(?:test|it|describe|suite|bench)(?:[.]\w+)*[.](?:only|skip|todo|fails|skipIf|runIf)\b/,
  /\b(?:xit|xtest|xdescribe|fit|fdescribe)\(/,
  /\b(?:ctx|context|task)[.]skip\(/,
  /\bt[.](?:Skip|Skipf|SkipNow)\(/,
];
const TEST_FILE = /([.]test[.]tsx?|_test[.]go)$|^test\/.*[.]ts$/;

export function findUnrunTests(root: string): string[] {
  return listFiles(root)
    .filter((path) => TEST_FILE.test(path))
    .flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          UNRUN.some((word) => word.test(line)) ? [`${path}:${index + 1} ${line.trim()}`] : [],
        ),
    );
}
