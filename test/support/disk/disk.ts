import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** The disk below one folder, as programs see it that are started with `environment`. */
export interface TestDisk {
  /** For a program that is to be observed, and for those that it starts. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on syncs, or writes, do not return: a frozen disk. */
  freeze(what: 'sync' | 'write'): void;
  /** Resolves when a call has begun to wait. @throws after 20 s. */
  untilWaiting(): Promise<void>;
  /** From now on syncs, or writes, fail, as on a disk that is full (ENOSPC) or broken (EIO). */
  fail(what: 'sync' | 'write', errno: 'ENOSPC' | 'EIO' | 'EROFS'): void;
  /** The disk works again. */
  repair(): void;
  /** How often a file of this name was synced so far. */
  syncs(name: string): number;
  /**
   * What a power cut leaves: every file below the folder as of its last sync, those that were never synced gone. The
   * programs must have been killed before.
   */
  cutPower(): void;
  /** Removes what it kept; the folder stays. */
  remove(): void;
}

/**
 * Observes the files below `folder`, which must exist; what is there counts as synced. The calls of a program are
 * intercepted by a small library, which the C compiler makes from shim.c. @throws where there is no compiler.
 */
export function observeDisk(folder: string): TestDisk {
  const observed = realpathSync(folder);
  const control = join(realpathSync(tmpdir()), `gatehouse-disk-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const synced = join(control, 'synced');
  mkdirSync(synced, { recursive: true });
  for (const file of filesBelow(observed)) cpSync(file, join(synced, basename(file)));
  const flag = (name: string): string => join(control, name);
  return {
    environment: { LD_PRELOAD: compileShim(), DISK_SHIM_FOLDER: observed, DISK_SHIM_CONTROL: control },
    freeze: (what) => writeFileSync(flag(`hang-${what}`), ''),
    async untilWaiting() {
      for (let turn = 0; !existsSync(flag('waiting')); turn += 1) {
        if (turn === 400) throw new Error('no call has waited for the disk within 20 s');
        await new Promise((wake) => setTimeout(wake, 50));
      }
    },
    fail(what, errno) {
      // Renamed into place: the shim must not read it half-written.
      writeFileSync(flag('fail'), String(constants.errno[errno]));
      renameSync(flag('fail'), flag(`fail-${what}`));
    },
    repair() {
      for (const name of ['hang-sync', 'hang-write', 'fail-sync', 'fail-write', 'waiting'])
        rmSync(flag(name), { force: true });
    },
    syncs(name) {
      const list = existsSync(flag('syncs')) ? readFileSync(flag('syncs'), 'utf8') : '';
      return list.split('\n').filter((line) => line === name).length;
    },
    cutPower() {
      for (const file of filesBelow(observed)) {
        const kept = join(synced, basename(file));
        if (existsSync(kept)) cpSync(kept, file);
        else rmSync(file);
      }
    },
    remove: () => rmSync(control, { recursive: true, force: true }),
  };
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Once for each version of its source. */
function compileShim(): string {
  const source = join(import.meta.dirname, 'shim.c');
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const library = join(tmpdir(), `gatehouse-disk-shim-${version}.so`);
  if (existsSync(library)) return library;
  const fresh = `${library}.${process.pid}`;
  const made = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', fresh, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (made.error || made.status !== 0)
    throw new Error(
      `cc cannot make the library that observes a disk (on Debian: apt-get install gcc libc6-dev): ${made.error?.message ?? made.stderr}`,
    );
  renameSync(fresh, library);
  return library;
}
