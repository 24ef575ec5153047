import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceDirectory } from './locate-sources.ts';

/** 16 hex digits over all that decides a build: go.mod, go.sum, the Go files of these folders, `flags`, the platform. */
export function hashSources(folders: readonly string[], flags = '', directory = sourceDirectory): string {
  const hash = createHash('sha256');
  const sources = folders.flatMap((folder) =>
    readdirSync(join(directory, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.go'))
      .map((name) => `${folder}/${name}`),
  );
  for (const name of ['go.mod', 'go.sum', ...sources.sort()])
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(directory, name)));
  return hash
    .update(flags)
    .update(process.platform + process.arch)
    .digest('hex')
    .slice(0, 16);
}
