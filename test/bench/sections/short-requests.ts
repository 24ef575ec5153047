import { join } from 'node:path';
import { countAuditRows } from '../measure/count-audit-rows.ts';
import { measureCpu } from '../measure/measure-cpu.ts';
import { calmest, needsRun } from '../measure/calm-runs.ts';
import { median } from '../measure/median.ts';
import type { WrkResult } from '../measure/parse-wrk.ts';
import { readResidentMib } from '../measure/read-processes.ts';
import { runWrk } from '../measure/run-wrk.ts';
import { bearerOf, podPath, writeRequests, type Caller } from '../people.ts';
import type { Peer } from '../peers/peer.ts';
import {
  startBare,
  startHaproxy,
  startKubectlProxy,
  startNginx,
  startOauth2Proxy,
} from '../peers/start-plain-peers.ts';
import { createSessions, startGatehouse, type GatehousePeer } from '../peers/start-gatehouse.ts';
import type { World } from '../world.ts';
import { findVoids, type ShortRequests, type ShortResult } from './short-results.ts';

export interface ShortOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Names of SUBJECTS; absent = all. */
  readonly only?: readonly string[] | undefined;
  readonly cpuProfileDirectory?: string | undefined;
}

const CONNECTIONS = 32;
const WARM_UP_SECONDS = 3;
const PLAIN = {
  bare: startBare,
  nginx: startNginx,
  haproxy: startHaproxy,
  'kubectl-proxy': startKubectlProxy,
  'oauth2-proxy': startOauth2Proxy,
};
const GATEHOUSE = ['gatehouse', 'gatehouse-session'];
/** What can be measured, in the order of the table. */
export const SUBJECTS: readonly string[] = [...GATEHOUSE, ...Object.keys(PLAIN)];

interface Run {
  readonly wrk: WrkResult;
  readonly cpuMicrosPerRequest: number;
  readonly foreignShare: number;
}

interface Subject extends Peer {
  readonly requestsFile: string;
  readonly runs: Run[];
  residentMib: number;
}

/** A pod of 1 KB, asked for by a thousand people in turn, over 32 connections that stay open. */
export async function measureShortRequests(
  world: World,
  people: readonly Caller[],
  options: ShortOptions,
): Promise<ShortRequests> {
  const { rounds, seconds } = options;
  const asked = (name: string): boolean => options.only?.includes(name) ?? true;
  const subjects: Subject[] = [];
  const add = (peer: Peer, name: string, credential: Parameters<typeof writeRequests>[3] = bearerOf): void => {
    const file = join(world.directory, `${name}.requests`);
    const requestsFile = writeRequests(file, people, (person) => peer.prefix + podPath(person), credential);
    subjects.push({ ...peer, name, requestsFile, runs: [], residentMib: 0 });
  };
  let gatehouse: GatehousePeer | undefined;
  if (GATEHOUSE.some(asked)) {
    gatehouse = await startGatehouse(world, { people, cpuProfileDirectory: options.cpuProfileDirectory });
    if (asked('gatehouse')) add(gatehouse, 'gatehouse');
    if (asked('gatehouse-session')) {
      const cookies = await createSessions(world, people, gatehouse);
      add(gatehouse, 'gatehouse-session', (_person, at) => ({
        Cookie: `__Host-gatehouse-session=${cookies[at]}`,
        'Sec-Fetch-Site': 'same-origin',
      }));
    }
  }
  for (const [name, start] of Object.entries(PLAIN)) if (asked(name)) add(await start(world), name);

  const sent: WrkResult[] = [];
  const run = async (subject: Subject, duration: number): Promise<Run> => {
    const { name, origin, requestsFile, pid } = subject;
    const {
      result: wrk,
      cpuMicros,
      foreignShare,
    } = await measureCpu(pid, [world.upstream.pid], () =>
      runWrk({ origin, requestsFile, connections: CONNECTIONS, seconds: duration }),
    );
    if (GATEHOUSE.includes(name)) sent.push(wrk);
    return { wrk, cpuMicrosPerRequest: cpuMicros / wrk.requests, foreignShare };
  };
  for (const subject of subjects) {
    world.log(`warming up ${subject.name}`);
    await run(subject, WARM_UP_SECONDS);
  }
  for (let round = 1; subjects.some((subject) => needsRun(subject.runs, rounds)); round++) {
    for (const subject of subjects) {
      if (!needsRun(subject.runs, rounds)) continue;
      const measured = await run(subject, seconds);
      subject.runs.push(measured);
      subject.residentMib = readResidentMib(subject.pid);
      world.log(describeRun(round, subject.name, measured));
    }
  }
  const rows = gatehouse && countAuditRows(gatehouse.databaseFile);
  await gatehouse?.stop();
  const results = subjects.map((subject) => summarize(subject, rounds));
  const counts = { completed: sum(sent.map((wrk) => wrk.requests)), inFlight: sent.length * CONNECTIONS };
  return { results, voids: findVoids(results, rows && { rows, sent: counts, people: people.length }) };
}

function describeRun(round: number, name: string, { wrk, cpuMicrosPerRequest, foreignShare }: Run): string {
  const others = `${Math.round(foreignShare * 100)} % of the machine busy with other things`;
  return `round ${round} ${name}: ${cpuMicrosPerRequest.toFixed(1)} µs a request, ${Math.round(wrk.requestsPerSecond)} requests/s (${others})`;
}

function summarize(subject: Subject, rounds: number): ShortResult {
  const { name, note, residentMib } = subject;
  const runs = calmest(subject.runs, rounds);
  const middle = (pick: (run: Run) => number): number => median(runs.map(pick));
  return {
    name,
    note,
    cpuMicrosPerRequest: middle((run) => run.cpuMicrosPerRequest),
    requestsPerSecond: middle((run) => run.wrk.requestsPerSecond),
    p50Ms: middle((run) => run.wrk.p50Ms),
    p99Ms: middle((run) => run.wrk.p99Ms),
    rssMiB: residentMib,
    foreignShare: middle((run) => run.foreignShare),
    requests: sum(runs.map((run) => run.wrk.requests)),
    failures: sum(runs.map((run) => run.wrk.badAnswers + run.wrk.socketErrors)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
