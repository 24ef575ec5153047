/** The findings of a run, and how they are printed. */
import type { InstrumentedFunction } from './instrument.ts';

export interface FaultFinding {
  readonly where: string;
  readonly scenario: string;
  readonly call: number;
  readonly problem: string;
}

export interface FaultResult {
  readonly findings: readonly FaultFinding[];
  /** Functions that some scenario calls, of all that are instrumented. */
  readonly reached: number;
  /** Functions that were made to throw. */
  readonly armed: number;
  readonly planned: number;
  readonly done: number;
  readonly thrown: number;
  readonly deaths: number;
  /** Functions that no scenario calls. */
  readonly unreached: readonly InstrumentedFunction[];
}

/** Before a request is handed to the pipeline: a fault there ends a connection of which no request is known. */
const READS_HEADS = /^(plain-connection|plain-response|at-end-of-turn|listener)[.]js/;

/** By the innermost function that is none of a boundary. */
export function isUnread(stack: string): boolean {
  const frames = stack
    .split('\n')
    .slice(1)
    .filter((frame) => /\/dist\//.test(frame) && !/boundary[.]js/.test(frame));
  // Only the boundary itself: of a connection, before all others.
  if (frames.length === 0) return true;
  const [innermost = ''] = frames;
  return READS_HEADS.test(innermost.replace(/^.*\//, '')) || frames.some((frame) => /readPlainHead/.test(frame));
}

/** One line a function and problem, with how often and an example. */
export function describeFindings(findings: readonly FaultFinding[]): string[] {
  const groups = Map.groupBy(
    findings,
    ({ where, problem }) => `${where}\n  ${problem.replaceAll(/r\d{6}|\d+ of/g, '#')}`,
  );
  return [...groups.entries()].map(([what, [first, ...more]]) => {
    const others = more.length > 0 ? `, and ${more.length} more` : '';
    return `${what}\n  in “${first?.scenario}”, call ${first?.call}${others}`;
  });
}

export function describeResult(title: string, result: FaultResult): string {
  const { reached, armed, planned, done, thrown, deaths, findings } = result;
  return `${title}: ${reached} functions called, ${armed} made to throw; ${done} of ${planned} runs, ${thrown} thrown, ${deaths} ends of the process, ${findings.length} findings`;
}
