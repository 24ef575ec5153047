import { calmest, needsRun } from './calm-runs.ts';
import { measureCpu } from './measure-cpu.ts';
import { median } from './median.ts';
import type { WrkResult } from './parse-wrk.ts';
import { readResidentMib } from './read-processes.ts';
import { runWrk } from './run-wrk.ts';
import type { Peer } from '../peers/peer.ts';

/** A peer and what it is asked. */
export interface Subject extends Peer {
  /** See send.lua. */
  readonly requestsFile: string;
}

export interface LoadOptions {
  readonly connections: number;
  /** Length of each run. */
  readonly seconds: number;
  /** Runs that count, for each subject. */
  readonly rounds: number;
  /** Processes that work for all subjects, such as the upstream. */
  readonly helpers: readonly number[];
  readonly log: (line: string) => void;
}

export interface LoadResult {
  readonly name: string;
  readonly note: string;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
  /** Share of the machine (0 to 1) that did other work meanwhile; above 0.05 the numbers are worse than they should be. */
  readonly foreignShare: number;
  /** In the runs that count. */
  readonly requests: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failures: number;
  /** In all runs, the warm-up included. */
  readonly completed: number;
  /** How many may have been sent without wrk having waited for the answer: those open at the end of each run. */
  readonly inFlight: number;
}

interface Run {
  readonly wrk: WrkResult;
  readonly cpuMicrosPerRequest: number;
  readonly foreignShare: number;
}

const WARM_UP_SECONDS = 3;

/** Measures all in turn, round by round, so that a slow minute of the machine hits each of them. The result is the median. */
export async function runLoad(subjects: readonly Subject[], options: LoadOptions): Promise<LoadResult[]> {
  const { connections, rounds, helpers, log } = options;
  const all = subjects.map((subject) => ({ subject, runs: [] as Run[], completed: 0, attempts: 0, rssMiB: 0 }));

  const run = async (entry: (typeof all)[number], seconds: number): Promise<Run> => {
    const { origin, requestsFile, pid } = entry.subject;
    const { result: wrk, ...measured } = await measureCpu(pid, helpers, () =>
      runWrk({ origin, requestsFile, connections, seconds }),
    );
    entry.completed += wrk.requests;
    entry.attempts++;
    return { wrk, cpuMicrosPerRequest: measured.cpuMicros / wrk.requests, foreignShare: measured.foreignShare };
  };
  for (const entry of all) {
    log(`warming up ${entry.subject.name}`);
    await run(entry, WARM_UP_SECONDS);
  }
  for (let round = 1; all.some((entry) => needsRun(entry.runs, rounds)); round++) {
    // There and back, so that a machine that gets slower or faster favours nobody.
    for (const entry of round % 2 === 1 ? all : all.toReversed()) {
      if (!needsRun(entry.runs, rounds)) continue;
      const measured = await run(entry, options.seconds);
      entry.runs.push(measured);
      entry.rssMiB = readResidentMib(entry.subject.pid);
      log(describeRun(round, entry.subject.name, measured));
    }
  }
  return all.map(({ subject, runs, completed, attempts, rssMiB }) => ({
    ...summarize(calmest(runs, rounds)),
    name: subject.name,
    note: subject.note,
    rssMiB,
    completed,
    inFlight: attempts * connections,
  }));
}

function summarize(runs: readonly Run[]) {
  const middle = (pick: (run: Run) => number): number => median(runs.map(pick));
  return {
    cpuMicrosPerRequest: middle((run) => run.cpuMicrosPerRequest),
    requestsPerSecond: middle((run) => run.wrk.requestsPerSecond),
    megabytesPerSecond: middle((run) => run.wrk.megabytesPerSecond),
    p50Ms: middle((run) => run.wrk.p50Ms),
    p99Ms: middle((run) => run.wrk.p99Ms),
    foreignShare: middle((run) => run.foreignShare),
    requests: sum(runs.map((run) => run.wrk.requests)),
    failures: sum(runs.map((run) => run.wrk.badAnswers + run.wrk.socketErrors)),
  };
}

function describeRun(round: number, name: string, { wrk, cpuMicrosPerRequest, foreignShare }: Run): string {
  const others = `${Math.round(foreignShare * 100)} % of the machine busy with other things`;
  return `round ${round} ${name}: ${cpuMicrosPerRequest.toFixed(1)} µs a request, ${Math.round(wrk.requestsPerSecond)} requests/s (${others})`;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
