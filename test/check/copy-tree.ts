import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { listFiles } from '../../scripts/check/list-files.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface TreeCopy {
  readonly root: string;
  /** Puts `text` into a file of the copy, runs `act`, and takes it away again (or puts back what was there). */
  withPlanted<T>(path: string, text: string | ((before: string) => string), act: () => T): T;
  remove(): void;
}

/** A copy of what git tracks or would track, in which a test may plant what the check must find. */
export function copyTree(): TreeCopy {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
  for (const path of listFiles(ROOT)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(ROOT, path), join(root, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const git = spawnSync('git', ['init', '--quiet'], { cwd: root, encoding: 'utf8' });
  if (git.status !== 0) throw new Error(`git init failed: ${git.error?.message ?? git.stderr}`);
  return {
    root,
    withPlanted(path, text, act) {
      const file = join(root, path);
      const before = readIfThere(file);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof text === 'string' ? text : text(before ?? ''));
      try {
        return act();
      } finally {
        if (before === undefined) rmSync(file);
        else writeFileSync(file, before);
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
