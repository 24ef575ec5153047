import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** A file, or standard input for `-`. @throws CliFailure. */
export async function contentOf(path: string, { stdin }: Terminal): Promise<string> {
  if (path === '-') return await text(stdin);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliFailure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
