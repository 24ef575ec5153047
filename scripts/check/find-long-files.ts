import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './list-files.ts';

const LONGEST = 300;
const SOURCE = /[.](ts|tsx|mts|mjs|js|go)$/;

/** A file that needs more than 300 lines holds more than one thing. */
export function findLongFiles(root: string): string[] {
  return listFiles(root).flatMap((path) => {
    if (!SOURCE.test(path)) return [];
    const lines = readFileSync(join(root, path), 'utf8').split('\n').length - 1;
    return lines > LONGEST ? [`${path} has ${lines} lines`] : [];
  });
}
