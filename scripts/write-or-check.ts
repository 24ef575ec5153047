import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Writes a generated file, or, with `--check`, exits with 1 where the file is not what would be written. */
export function writeOrCheck(path: string, text: string): void {
  const root = join(import.meta.dirname, '..');
  const file = join(root, path);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    process.stdout.write(`${path} written\n`);
    return;
  }
  if (readIfThere(file) === text) return;
  process.stderr.write(
    `${path} is not what its source says; run: node --conditions=source ${relative(root, process.argv[1] ?? '')}\n`,
  );
  process.exitCode = 1;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
