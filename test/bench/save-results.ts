import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeResults, type Results } from './results.ts';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, 'docs/performance');
const FILE = join(DIRECTORY, 'results.json');

type Pictures = Readonly<Record<string, string>>;

/** Writes docs/performance anew: results, pictures, and the page's tables. */
export function saveResults(results: Results, pictures: Pictures, log: (line: string) => void): void {
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
  for (const [name, picture] of Object.entries(pictures)) writeFileSync(join(DIRECTORY, name), picture);
  const script = join(ROOT, 'scripts/generate-performance-page.ts');
  const written = spawnSync(process.execPath, ['--conditions=source', script], { encoding: 'utf8' });
  if (written.status !== 0) throw new Error(`docs/performance.md was not written: ${written.stderr}`);
  log('wrote docs/performance/results.json, its pictures and the tables of docs/performance.md');
}

/** Puts what some sections measured again beside what the last whole run said of the others, machine and date as they were. */
export function addResults(
  results: Results,
  sections: readonly string[],
  pictures: Pictures,
  log: (line: string) => void,
): void {
  const { void: voids = [], ...last } = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
  const left = voids.filter((reason) => !sections.some((name) => reason.startsWith(`${name}:`)));
  const { machine, date } = { ...results, ...last };
  const merged = mergeResults(mergeResults(last, results), {
    ...(machine ? { machine } : {}),
    ...(date ? { date } : {}),
  });
  saveResults({ ...merged, ...(left.length > 0 ? { void: left } : {}) }, pictures, log);
}
