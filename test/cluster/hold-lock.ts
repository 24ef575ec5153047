import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isAlive, type ProcessIdentity } from './identify-process.ts';

/**
 * Runs `work` while holding the lock folder `path`, which names its owner; a
 * lock whose owner is gone is taken over. `onWait` is told once a second.
 */
export async function holdLock<T>(
  path: string,
  onWait: (owner: number, seconds: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  for (let seconds = 0; !tryLock(path); seconds++) {
    const owner = readOwner(path);
    if (owner !== undefined && !isAlive(owner)) {
      breakLock(path);
      continue;
    }
    onWait(owner?.pid ?? 0, seconds);
    await sleep(1000);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function tryLock(path: string): boolean {
  // Made elsewhere and renamed, so that a lock is never seen without its owner.
  const draft = `${path}.${process.pid}.${Date.now()}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'owner.json'), JSON.stringify(identifyProcess(process.pid)));
  try {
    renameSync(draft, path);
    return true;
  } catch {
    rmSync(draft, { recursive: true, force: true });
    return false;
  }
}

function readOwner(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function breakLock(path: string): void {
  const aside = `${path}.stale.${process.pid}.${Date.now()}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch {
    // Somebody else broke it first.
  }
}
