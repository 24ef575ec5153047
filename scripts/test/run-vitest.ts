import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brokenLane, type LaneRun, type Outcome } from './outcome.ts';
import { runLogged } from './run-logged.ts';

/** What Vitest's JSON reporter writes, as far as it is counted. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const MAX_REASON_LINES = 12;
const MAX_REASON_LINE = 300;

/** One of the projects of vitest.config.ts. */
export async function runVitest({ root, results, lane, label }: LaneRun): Promise<Outcome> {
  const report = join(results, `${lane}.json`);
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    lane,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const run = await runLogged(process.execPath, args, {
    cwd: root,
    logFile: join(results, `${lane}.log`),
    label,
    // Hundreds of processes and threads load the same programs: compiled once, the command starts with a third less
    // processor time, and the store's threads with a fifth less.
    env: { NODE_COMPILE_CACHE: join(results, 'compiled') },
  });
  let parsed: VitestReport;
  try {
    parsed = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    return brokenLane(lane, `ended with ${run.code ?? run.signal} and left no report: ${String(error)}`);
  }
  return countVitestReport(lane, parsed, { root, exitCode: run.code });
}

/**
 * Everything that did not pass failed: skipped and unfinished tests, a file that broke outside its
 * tests (import, hooks), a run without tests, and a bad exit that no test explains (an unhandled
 * rejection, for one, is nowhere in the report).
 */
export function countVitestReport(
  lane: string,
  report: VitestReport,
  { root, exitCode }: { root: string; exitCode: number | null },
): Outcome {
  let passed = 0;
  const problems: string[] = [];
  for (const file of report.testResults) {
    const path = relative(root, file.name);
    const bad = file.assertionResults.filter((test) => test.status !== 'passed');
    passed += file.assertionResults.length - bad.length;
    for (const test of bad)
      problems.push([`${path}: ${test.fullName} (${test.status})`, ...reasonOf(test.failureMessages)].join('\n      '));
    if (file.status !== 'passed' && bad.length === 0) problems.push(`${path}: ${file.message || file.status}`);
    else if (file.assertionResults.length === 0) problems.push(`${path}: holds no test`);
  }
  if (passed === 0 && problems.length === 0) problems.push('no test ran');
  if (exitCode !== 0 && problems.length === 0) problems.push(`ended with ${exitCode}: an error outside every test`);
  return { name: lane, passed, failed: problems.length, problems };
}

/** The summary is all that is kept of some runs, so it says why a test failed: message and difference, not the stack. */
function reasonOf(messages: readonly string[] = []): string[] {
  return messages
    .flatMap((message) => message.split('\n'))
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, MAX_REASON_LINES)
    .map((line) => line.slice(0, MAX_REASON_LINE));
}
