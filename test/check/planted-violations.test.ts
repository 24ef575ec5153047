import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyTree, type TreeCopy } from './copy-tree.ts';
import { findInCopy } from './find-in-copy.ts';

let copy: TreeCopy;
beforeAll(() => {
  copy = copyTree();
});
afterAll(() => copy.remove());

const after = (step: string, path: string, text: string | ((before: string) => string)): string =>
  copy.withPlanted(path, text, () => findInCopy(copy.root, step));

// Put together here, so that the check does not find them in this file.
const dot = (...words: string[]): string => words.join('.');
const UNRUN = [
  `${dot('test', 'skip')}('x', () => {});`,
  `${dot('test', 'only')}('x', () => {});`,
  `${dot('describe', 'skip')}('x', () => {});`,
  `${dot('it', 'concurrent', 'only')}('x', () => {});`,
  `${dot('test', 'todo')}('x');`,
  `${dot('test', 'skipIf')}(true)('x', () => {});`,
  `${dot('test', 'runIf')}(false)('x', () => {});`,
  `test('x', (ctx) => ${dot('ctx', 'skip')}());`,
];

describe('npm run check', () => {
  test.each(UNRUN)('refuses a test that does not run: %s', (line) => {
    expect(after('tests', 'libs/kube/planted.test.ts', `${line}\n`)).toContain('libs/kube/planted.test.ts:1');
  });

  test('refuses a skipped Go test', () => {
    expect(after('tests', 'test/planted_test.go', `package planted\n\n\t${dot('t', 'Skip')}("x")\n`)).toContain(
      'test/planted_test.go:3',
    );
  });

  test('refuses a file of 301 lines and takes one of 300', () => {
    expect(after('length', 'libs/kube/planted.ts', 'export {};\n'.repeat(301))).toContain(
      'libs/kube/planted.ts has 301 lines',
    );
    expect(after('length', 'libs/kube/planted.ts', 'export {};\n'.repeat(300))).not.toContain('planted');
  });

  test.each([
    ['a package registry', ['https://registry', 'npmjs', 'org/x'].join('.')],
    ['a module proxy', ['https://proxy', 'golang', 'org'].join('.')],
    ['where a package was fetched from', `"${'resolved'}": "https://mirror.example/x.tgz"`],
    ['the home of a person', ['', 'home', 'somebody', 'code'].join('/')],
    ['the home of root', ['', 'root', 'code'].join('/')],
  ])('refuses a tracked file that names %s', (_what, text) => {
    expect(after('names', 'docs/planted.md', `see ${text}\n`)).toContain('docs/planted.md:1');
  });

  test.each([
    ['a quadratic literal', String.raw`export const at = /\/+$/;`],
    ['a quadratic look-behind', String.raw`export const at = /(?<=.)\/+$/;`],
    ['a quadratic call', String.raw`export const at = new RegExp('\\/+$');`],
    [
      'a quadratic expression put together of constants',
      "const MANY = 'a+';\nexport const at = RegExp(`${MANY}${MANY}b`);",
    ],
    ['a string that match() makes an expression of', "export const at = (text: string) => text.match('a+$');"],
    ['an exponential literal in a decorated class', '@Controller()\nexport class At {\n  at = /^(?:a|a)*$/;\n}'],
    ['an expression built at run time', 'export const at = (text: string) => new RegExp(text);'],
  ])('refuses %s', (_what, text) => {
    const line = text.split('\n').findIndex((one) => one.includes('at =')) + 1;
    expect(after('regexes', 'libs/kube/planted.ts', `${text}\n`)).toContain(`libs/kube/planted.ts:${line} `);
  });

  test('takes a linear regular expression, and wants no review of one that is gone', () => {
    const linear = String.raw`export const at = /(?<!\/)\/+$/;`;
    expect(after('regexes', 'libs/kube/planted.ts', `${linear}\n`)).toBe('');
    expect(after('regexes', 'scripts/check/find-unrun-tests.ts', 'export {};\n')).toContain('remove its review');
  });

  test('refuses a generated page that was edited by hand', () => {
    expect(after('generated', 'docs/errors.md', (before) => `${before}by hand\n`)).toContain('docs/errors.md');
    expect(after('generated', 'docs/configuration.md', (before) => `${before}by hand\n`)).toContain(
      'docs/configuration.md',
    );
  });

  test('refuses results of the benchmark that its page does not say', () => {
    const planted = JSON.stringify({ machine: 'planted', date: '2026-01-01', ratios: { cpu: { bare: 9.87 } } });
    expect(after('generated', 'docs/performance/results.json', planted)).toContain('docs/performance.md');
    expect(
      after('generated', 'docs/performance.md', (before) => before.replace('<!-- end of', 'x <!-- end of')),
    ).toContain('docs/performance.md');
  });

  test('refuses what the linter finds', () => {
    expect(after('lint', 'libs/kube/planted.ts', 'export const any = (x: any): any => x;\n')).toContain(
      'no-explicit-any',
    );
    expect(after('lint', 'libs/kube/planted.ts', 'export const shout = () => console.log(1);\n')).toContain(
      'no-console',
    );
    expect(after('lint', 'libs/kube/plantedFile.ts', 'export const x = 1;\n')).toContain('filename-case');
  });

  test('refuses what the formatter would change', () => {
    expect(after('format', 'libs/kube/planted.ts', 'export const x   = "1"\n')).toContain('libs/kube/planted.ts');
  });

  test('refuses a type error', () => {
    expect(after('types', 'libs/kube/planted.ts', "export const x: number = 'one';\n")).toContain(
      'libs/kube/planted.ts',
    );
  });
});
