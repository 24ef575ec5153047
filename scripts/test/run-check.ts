import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenLane, type LaneRun, type Outcome } from './outcome.ts';
import { runLogged } from './run-logged.ts';

interface StepOutcome {
  readonly name: string;
  readonly problems: readonly string[];
}

/** `npm run check`, each of its steps counted as one test. */
export async function runCheck({ root, results, label }: LaneRun): Promise<Outcome> {
  const report = join(results, 'check.json');
  const args = ['--conditions=source', join(root, 'scripts/check.ts'), '--report', report];
  const run = await runLogged(process.execPath, args, { cwd: root, logFile: join(results, 'check.log'), label });
  let steps: readonly StepOutcome[];
  try {
    steps = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    return brokenLane('check', `ended with ${run.code ?? run.signal} and left no report: ${String(error)}`);
  }
  if (steps.length === 0) return brokenLane('check', 'checked nothing');
  const bad = steps.filter((step) => step.problems.length > 0);
  const unexplained = bad.length === 0 && run.code !== 0 ? [`ended with ${run.code ?? run.signal}`] : [];
  return {
    name: 'check',
    passed: steps.length - bad.length,
    failed: bad.length + unexplained.length,
    problems: [...bad.map((step) => step.name), ...unexplained],
  };
}
