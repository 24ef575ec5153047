// What a start leaves on the machine is written down before it is used, so
// that the next start can clear up after one that was killed.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './build-binaries.ts';
import { identifyProcess, isAlive, readMachine, type ProcessIdentity } from './identify-process.ts';

/** Processes and folders of one cluster. `directories` are those to remove with it. */
export interface ClusterRecord {
  machine: { boot: string; namespace: string };
  owner: ProcessIdentity;
  directories: string[];
  processes: ({ name: string } & ProcessIdentity)[];
}

/** A record and the file that holds it. */
export interface Recorder {
  readonly record: ClusterRecord;
  save(): void;
  forget(): void;
}

const recordsDirectory = () => join(cacheDirectory(), 'clusters');

export function createRecorder(id: string): Recorder {
  mkdirSync(recordsDirectory(), { recursive: true, mode: 0o700 });
  const path = join(recordsDirectory(), `${id}.json`);
  const record: ClusterRecord = {
    machine: readMachine(),
    owner: identifyProcess(process.pid),
    directories: [],
    processes: [],
  };
  return {
    record,
    save() {
      writeFileSync(`${path}.tmp`, JSON.stringify(record, null, 2), { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    },
    forget() {
      rmSync(path, { force: true });
    },
  };
}

/** Kills at once what is left of the recorded cluster and removes its folders. */
export function clearRecorded(record: ClusterRecord): void {
  for (const child of record.processes) {
    if (isAlive(child)) kill(child.pid);
  }
  for (const directory of record.directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Stops exactly what clusters whose starter is gone have left behind; says so in `log`. */
export function stopLeftovers(log: (line: string) => void): void {
  const here = readMachine();
  for (const name of listRecords()) {
    const path = join(recordsDirectory(), name);
    const record = readRecord(path);
    if (record === undefined) continue;
    const sameBoot = record.machine.boot === here.boot;
    // Another container may share the cache folder: its pids mean nothing here.
    if (sameBoot && record.machine.namespace !== here.namespace) continue;
    if (sameBoot && isAlive(record.owner)) continue;
    const alive = sameBoot ? record.processes.filter(isAlive) : [];
    log(
      `clearing up after process ${record.owner.pid}, which ended without stopping its cluster (${alive.length} processes left)`,
    );
    clearRecorded({ ...record, processes: alive });
    rmSync(path, { force: true });
  }
}

function listRecords(): string[] {
  try {
    return readdirSync(recordsDirectory()).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function readRecord(path: string): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClusterRecord;
  } catch {
    return undefined;
  }
}
