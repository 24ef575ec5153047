import { compareCase, describeTally, emptyTally, type Parse, type Tally } from './compare-case.ts';
import type { Case } from './oracle.ts';

export interface Run {
  readonly tally: Tally;
  /** The first of what is wrong, one a line; at most `MAX_PROBLEMS`. */
  readonly problems: string[];
}

const MAX_PROBLEMS = 20;

/** Holds the parser to all cases, or to as many as there are until `deadlineMs` (Unix milliseconds). */
export async function runCases(
  chunks: AsyncIterable<Case[]> | Iterable<Case[]>,
  parse: Parse,
  deadlineMs = Infinity,
): Promise<Run> {
  const run: Run = { tally: emptyTally(), problems: [] };
  for await (const cases of chunks) {
    for (const one of cases) {
      const problem = compareCase(one, parse, run.tally);
      if (problem !== undefined && run.problems.length < MAX_PROBLEMS) run.problems.push(problem);
    }
    if (run.problems.length === MAX_PROBLEMS || Date.now() >= deadlineMs) break;
  }
  return run;
}

export const describeRun = (title: string, { tally }: Run): string => [title, ...describeTally(tally)].join('\n  ');
