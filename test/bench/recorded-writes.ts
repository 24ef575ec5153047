/**
 * What it costs to save the record of a write before it is sent, of two builds in turn. Prints medians; asserts nothing.
 *
 *   node --conditions=source test/bench/recorded-writes.ts [--before <folder of another built checkout>] [--rounds 5]
 *
 * One process serves; latencies are of 16 connections that each send one request after the other, CPU is that of the
 * gateway's process, syncs are counted by strace (SQLite, the gateway) or are the server's commits (PostgreSQL), in
 * rounds of their own.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import { runSql } from '../support/run-sql.ts';
import { ask } from '../support/small-client.ts';
import { startSmallWorld, type SmallWorld } from '../support/small-world.ts';
import { median } from './measure/median.ts';

const { values } = parseArgs({ options: { before: { type: 'string' }, rounds: { type: 'string', default: '5' } } });
const CONNECTIONS = 16;
const ROUND_MS = 2_000;
const TICKS_PER_SECOND = 100;
const PODS = '/api/v1/namespaces/team-a/pods';

interface Round {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

const cpuTicks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};

async function load(world: SmallWorld, token: string, method: 'GET' | 'POST'): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies: number[] = [];
  const end = performance.now() + ROUND_MS;
  const ticks = cpuTicks(world.gateway.pid);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < end) {
        const sentAt = performance.now();
        const { status } = await ask(world, PODS, {
          token,
          method,
          agent,
          ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{"kind":"Pod"}' } : {}),
        });
        if (status >= 300) throw new Error(`${method} is answered ${status}`);
        latencies.push(performance.now() - sentAt);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] as number;
  const cpuSeconds = (cpuTicks(world.gateway.pid) - ticks) / TICKS_PER_SECOND;
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    perSecond: latencies.length / seconds,
    cpuMicroseconds: (cpuSeconds / latencies.length) * 1e6,
  };
}

/** A second, while it writes. */
async function countSyncs(world: SmallWorld, token: string, databaseUrl: string | undefined): Promise<number> {
  const commits = async (): Promise<number> => {
    const [row] = (await runSql(
      { databaseUrl: databaseUrl as string },
      'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
    )) as { count: string }[];
    return Number(row?.count);
  };
  if (databaseUrl) {
    const before = await commits();
    await load(world, token, 'POST');
    await new Promise((wake) => setTimeout(wake, 1_500));
    return ((await commits()) - before) / (ROUND_MS / 1000);
  }
  const tracer = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync', '-p', String(world.gateway.pid)]);
  let text = '';
  tracer.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((wake) => setTimeout(wake, 500));
  text = '';
  await load(world, token, 'POST');
  tracer.kill('SIGINT');
  await new Promise((wake) => tracer.once('exit', wake));
  return (text.match(/(?:fsync|fdatasync)\(/g)?.length ?? 0) / (ROUND_MS / 1000);
}

const postgres = await startPostgres();
const builds = new Map<string, string | undefined>([['this', undefined]]);
if (values.before) builds.set('before', resolve(values.before));
for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  const worlds = new Map<string, { world: SmallWorld; token: string; databaseUrl: string | undefined }>();
  for (const [name, root] of builds) {
    const databaseUrl = engine === 'PostgreSQL' ? await postgres.createDatabase() : undefined;
    const database: Record<string, string> = databaseUrl
      ? { GATEHOUSE_DATABASE_URL: databaseUrl, GATEHOUSE_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
      : {};
    const world = await startSmallWorld({ GATEHOUSE_WORKERS: '1', ...database }, '', root);
    worlds.set(name, { world, token: await world.tokenOf('alice'), databaseUrl });
  }
  for (const method of ['POST', 'GET'] as const) {
    const rounds = new Map<string, Round[]>([...worlds.keys()].map((name) => [name, []]));
    for (const { world, token } of worlds.values()) await load(world, token, method);
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const [name, { world, token }] of worlds) rounds.get(name)?.push(await load(world, token, method));
    for (const [name, all] of rounds) {
      const of = (key: keyof Round): string => median(all.map((each) => each[key])).toFixed(2);
      console.log(
        `${engine} ${method} ${name}: p50 ${of('p50Ms')} ms, p99 ${of('p99Ms')} ms, ${of('perSecond')}/s, CPU ${of('cpuMicroseconds')} µs`,
      );
    }
    const [mine, theirs] = [rounds.get('this') ?? [], rounds.get('before') ?? []];
    if (theirs.length > 0) {
      const ratios = mine.map((each, at) => each.cpuMicroseconds / (theirs[at] as Round).cpuMicroseconds);
      console.log(`${engine} ${method}: CPU ratio of the rounds, median ${median(ratios).toFixed(3)}`);
    }
  }
  for (const [name, { world, token, databaseUrl }] of worlds)
    console.log(
      `${engine} ${name}: ${(await countSyncs(world, token, databaseUrl)).toFixed(1)} syncs a second while writing`,
    );
  for (const { world } of worlds.values()) await world.stop();
}
await postgres.stop();
process.exit(0);
