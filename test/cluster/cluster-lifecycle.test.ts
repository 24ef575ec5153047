import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBinaries, cacheDirectory } from './build-binaries.ts';
import { identifyProcess, isAlive } from './identify-process.ts';
import type { ClusterRecord } from './record-cluster.ts';
import { startCluster } from './start-cluster.ts';

// Records of its own, so that other runs on this machine neither see nor clear
// what is left behind here on purpose; the binaries are shared.
const cache = mkdtempSync(join(tmpdir(), 'gatehouse-cache-'));
const starters: ChildProcess[] = [];

beforeAll(async () => {
  await buildBinaries((line) => console.log(line));
  mkdirSync(join(cacheDirectory(), 'bin'), { recursive: true });
  symlinkSync(join(cacheDirectory(), 'bin'), join(cache, 'bin'));
}, 1_200_000);

afterAll(() => {
  for (const starter of starters) starter.kill('SIGKILL');
  rmSync(cache, { recursive: true, force: true });
});

interface Starter {
  child: ChildProcess;
  record: ClusterRecord;
  output: () => string;
  ended: Promise<number | null>;
}

/** Starts a cluster in a process of its own, which then runs `after`. */
async function startInChild(options: string, after: string): Promise<Starter> {
  const script = `
    import { startCluster } from ${JSON.stringify(join(import.meta.dirname, 'start-cluster.ts'))}
    const cluster = await startCluster({ log: console.log, ...${options} })
    console.log('ready')
    setInterval(() => {}, 1e6)
    ${after}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, GATEHOUSE_CACHE: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  starters.push(child);
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\nready\n')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => reject(new Error(`the starter ended:\n${output}`)));
  });
  return { child, record: readRecord(child.pid ?? 0), output: () => output, ended };
}

function readRecord(owner: number): ClusterRecord {
  const directory = join(cache, 'clusters');
  const name = readdirSync(directory).find((entry) => entry.startsWith(`${owner}-`)) ?? '';
  return JSON.parse(readFileSync(join(directory, name), 'utf8')) as ClusterRecord;
}

const aliveOf = (record: ClusterRecord) => record.processes.filter(isAlive).map(({ name }) => name);
const foldersOf = (record: ClusterRecord) => record.directories.filter((path) => existsSync(path));

async function expectGone(record: ClusterRecord, seconds = 5): Promise<void> {
  await expect.poll(() => aliveOf(record), { timeout: seconds * 1000 }).toEqual([]);
}

test('stop() leaves no process and no folder, and may be called twice', async () => {
  const cluster = await startCluster({ log: () => {} });
  const pids: number[] = Object.values(cluster.pids);
  expect(pids).toHaveLength(6);
  // A command in a pod is a process of this machine too.
  const exec = cluster.spawnKubectl(['-n', 'team-a', 'exec', 'web', '--', 'sh', '-c', 'echo $$; sleep 600; echo']);
  pids.push(
    await new Promise<number>((resolve) =>
      exec.stdout?.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
    ),
  );
  const processes = pids.map(identifyProcess);
  await cluster.stop();
  await cluster.stop();
  expect(processes.filter(isAlive)).toEqual([]);
  expect(existsSync(cluster.directory)).toBe(false);
}, 120_000);

test('an uncaught exception takes the cluster down', async () => {
  const starter = await startInChild('{}', `setTimeout(() => { throw new Error('crash') }, 1000)`);
  expect(aliveOf(starter.record)).toHaveLength(6);
  expect(await starter.ended).toBe(1);
  await expectGone(starter.record);
  expect(foldersOf(starter.record)).toEqual([]);
}, 120_000);

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s takes the cluster down',
  async (signal, code) => {
    const starter = await startInChild('{}', '');
    starter.child.kill(signal);
    expect(await starter.ended).toBe(code);
    await expectGone(starter.record);
    expect(foldersOf(starter.record)).toEqual([]);
  },
  120_000,
);

test('the parts of a killed starter end with it', async () => {
  // Only Linux has a death signal (kubelet/die_linux.go): elsewhere the next start clears up, see below.
  expect(process.platform).toBe('linux');
  const starter = await startInChild('{}', '');
  starter.child.kill('SIGKILL');
  await starter.ended;
  await expectGone(starter.record);
}, 120_000);

test('what a killed starter left behind is cleared by the next start, and a living cluster is not', async () => {
  const living = await startInChild('{}', '');
  const killed = await startInChild('{ dieWithParent: false }', '');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(aliveOf(killed.record)).toHaveLength(6);
  expect(foldersOf(killed.record).length).toBeGreaterThan(0);

  const next = await startInChild('{}', '');
  expect(next.output()).toContain(`clearing up after process ${killed.child.pid}`);
  await expectGone(killed.record);
  expect(foldersOf(killed.record)).toEqual([]);
  expect(aliveOf(living.record)).toHaveLength(6);
  for (const starter of [living, next]) {
    starter.child.kill('SIGTERM');
    await starter.ended;
  }
}, 180_000);
