import type { ManifestProblem } from '#resources';
import { visible } from '../terminal.ts';

/** One line a problem: where, which field, what would be right. */
export function describeProblems(problems: readonly ManifestProblem[]): string[] {
  const count = problems.length;
  return [
    `${count} problem${count === 1 ? '' : 's'}; nothing was written:`,
    ...problems.map(({ source, path, message }) => visible(`  ${source}: ${path === '' ? '' : `${path} `}${message}`)),
  ];
}
