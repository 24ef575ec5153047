import { runTool, runTypeScriptFile } from './run-tool.ts';
import { findForeignNames } from './find-foreign-names.ts';
import { findLongFiles } from './find-long-files.ts';
import { findSlowRegexes } from './find-slow-regexes.ts';
import { findUnrunTests } from './find-unrun-tests.ts';

export interface CheckStep {
  readonly name: string;
  /** what holds when the step finds nothing */
  readonly promise: string;
  findProblems(root: string): string[];
}

const step = (name: string, promise: string, findProblems: CheckStep['findProblems']): CheckStep => ({
  name,
  promise,
  findProblems,
});

const CRUISED = ['libs', 'apps', 'migrations', 'scripts', 'test'];

/** In the order of their cost, so that the cheap ones speak first. */
export const STEPS: readonly CheckStep[] = [
  step('tests', 'no test is focused, skipped or expected to fail', findUnrunTests),
  step('length', 'no source file is longer than 300 lines', findLongFiles),
  step('names', 'no tracked file names a package registry or a path of one machine', findForeignNames),
  step('regexes', 'every regular expression takes linear time', findSlowRegexes),
  step('format', 'oxfmt would change nothing', (root) => runTool(root, 'oxfmt/bin/oxfmt', ['--check', '.'])),
  step('lint', 'oxlint finds nothing', (root) => runTool(root, 'oxlint/bin/oxlint', ['--deny-warnings', '.'])),
  step('boundaries', 'every import follows the arrows', (root) =>
    runTool(root, 'dependency-cruiser/bin/dependency-cruiser.mjs', ['--config', '.dependency-cruiser.mjs', ...CRUISED]),
  ),
  step('types', 'the gateway, the command and the tests are well typed', (root) =>
    runTool(root, 'typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json']),
  ),
  step('console-types', 'the console is well typed', (root) =>
    runTool(root, 'typescript/bin/tsc', ['--noEmit', '-p', 'apps/console/tsconfig.json']),
  ),
  step('generated', 'generated pages are what their sources give', (root) =>
    GENERATORS.flatMap((generator) => runTypeScriptFile(root, generator, ['--check'])),
  ),
];

/** Scripts that write a page, or with `--check` say that the page is not what they would write. */
const GENERATORS: readonly string[] = [
  'scripts/generate-configuration-reference.ts',
  'scripts/generate-error-reference.ts',
  'scripts/generate-performance-page.ts',
];
