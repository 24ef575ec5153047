import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';

/** Paths, relative to `root`, of what git tracks or would track (`.gitignore` obeyed), sorted; plain files only. */
export function listFiles(root: string): string[] {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (git.status !== 0) throw new Error(`git ls-files failed in ${root}: ${git.error?.message ?? git.stderr}`);
  const listed = new Set(git.stdout.split('\0').filter((path) => path !== ''));
  return [...listed].filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile()).sort();
}
