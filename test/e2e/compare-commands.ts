import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubectlRun } from './run-kubectl.ts';

const { replacements } = JSON.parse(readFileSync(join(import.meta.dirname, 'allowed-differences.json'), 'utf8')) as {
  replacements: { pattern: string; with: string }[];
};

/** What a command said, with every allowed difference folded. */
export function comparable(run: Pick<KubectlRun, 'code' | 'stdout' | 'stderr'>): {
  code: number;
  stdout: string;
  stderr: string;
} {
  const fold = (text: string): string =>
    replacements.reduce((folded, { pattern, with: to }) => folded.replace(new RegExp(pattern, 'g'), to), text);
  return { code: run.code, stdout: fold(run.stdout), stderr: fold(run.stderr) };
}
