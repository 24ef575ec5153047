import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes files into this folder that nobody else may read, and gives their paths. */
export function privateFilesIn(directory: string): (name: string, text: string) => string {
  return (name, text) => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
}
