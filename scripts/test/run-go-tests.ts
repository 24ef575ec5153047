import { dirname, join } from 'node:path';
import { listFiles } from '../check/list-files.ts';
import { brokenLane, type LaneRun, type Outcome } from './outcome.ts';
import { runLogged } from './run-logged.ts';

interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/** `go test` in each Go module under test/ that holds tests. Without such a module there is nothing to count. */
export async function runGoTests(lane: LaneRun): Promise<Outcome> {
  const files = listFiles(lane.root).filter((path) => path.startsWith('test/'));
  const modules = files.filter((path) => path.endsWith('/go.mod')).map((path) => dirname(path));
  const counts: Outcome[] = [];
  for (const module of modules) {
    if (!files.some((path) => path.startsWith(`${module}/`) && path.endsWith('_test.go'))) continue;
    counts.push(await runModule(lane, module));
  }
  return {
    name: 'go',
    passed: counts.reduce((sum, count) => sum + count.passed, 0),
    failed: counts.reduce((sum, count) => sum + count.failed, 0),
    problems: counts.flatMap((count) => count.problems),
  };
}

async function runModule({ root, results, label }: LaneRun, module: string): Promise<Outcome> {
  const cwd = join(root, module);
  let output = '';
  const run = await runLogged('go', ['test', '-json', '-count=1', '-timeout', '20m', './...'], {
    cwd,
    logFile: join(results, `go-${module.replaceAll('/', '-')}.log`),
    label,
    env: { GOWORK: 'off' },
    onOutput: (chunk) => (output += chunk),
  });
  if (run.error) return brokenLane('go', `${module}: ${run.error}; install Go 1.26 or newer`);
  return countGoEvents(module, output, run.code);
}

/** A package that fails without a failed test did not build, or crashed; a skipped test counts as failed. */
export function countGoEvents(module: string, output: string, exitCode: number | null): Outcome {
  const events = output.split('\n').flatMap((line): GoEvent[] => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      return []; // `go` itself writes plain lines between the events
    }
  });
  const tests = events.filter((event) => event.Test !== undefined);
  const bad = tests.filter((event) => event.Action === 'fail' || event.Action === 'skip');
  const passed = tests.filter((event) => event.Action === 'pass').length;
  const packages = events.filter((event) => event.Test === undefined && event.Action === 'fail');
  const broken = packages.filter((event) => !bad.some((test) => test.Package === event.Package));
  const problems = [
    ...bad.map((event) => `${module}: ${event.Test} (${event.Action})`),
    ...broken.map((event) => `${event.Package ?? module}: did not build, or crashed`),
  ];
  if (passed === 0 && problems.length === 0) problems.push(`${module}: no test ran`);
  if (exitCode !== 0 && problems.length === 0) problems.push(`${module}: go test ended with ${exitCode}`);
  return { name: 'go', passed, failed: problems.length, problems };
}
