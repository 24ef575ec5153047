/**
 * `npm test`: every test, on real parts. Installs the Debian packages that the tests start, builds the
 * control plane, installs Keycloak, builds Dex, runs each lane to its end whatever the others do, and ends with `N passed, N failed`,
 * summed from what the runners themselves report. A part that is missing fails; nothing is skipped.
 *
 *   npm test                    everything
 *   npm test -- unit go         some lanes: check, unit, integration, node-http1, store, e2e, go, measured
 *   npm run test:long           the long form of what `npm test` shows in short
 *
 * Lanes run side by side as plan.ts says. Output and reports of each lane go to test-results/.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildControlPlane } from './test/build-control-plane.ts';
import { installDebianPackages } from './test/install-debian-packages.ts';
import type { Outcome } from './test/outcome.ts';
import { LANES, planOf, type LaneName } from './test/plan.ts';
import { prepareDex } from './test/prepare-dex.ts';
import { prepareKeycloak } from './test/prepare-keycloak.ts';
import { readPartVersions } from './test/read-part-versions.ts';
import { runCheck } from './test/run-check.ts';
import { runGoTests } from './test/run-go-tests.ts';
import { runVitest } from './test/run-vitest.ts';

const root = resolve(import.meta.dirname, '..');
const results = join(root, 'test-results');

const asked = process.argv.slice(2).filter((name): name is LaneName => {
  if (LANES.some((lane) => lane === name)) return true;
  console.error(`unknown lane ${name}; there are ${LANES.join(', ')}`);
  process.exit(2);
});
const plan = planOf(asked);

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const title = (text: string): void => console.log(`\n== ${text}`);
const outcomes: Outcome[] = [];
/** Seconds of each lane; side by side they take longer than alone. */
const took = new Map<string, number>();

title('parts');
outcomes.push(installDebianPackages());
const controlPlane = await buildControlPlane();
outcomes.push(controlPlane.outcome);
const lanes = plan.flat(2);
if (lanes.includes('integration') || lanes.includes('long')) outcomes.push(await prepareKeycloak(), await prepareDex());
outcomes.push(readPartVersions(controlPlane.binaries));

for (const row of plan) {
  const beside = row.length > 1;
  title(row.map((chain) => chain.join(', ')).join(' | '));
  const rowOutcomes = await Promise.all(
    row.map(async (chain) => {
      const chainOutcomes: Outcome[] = [];
      for (const name of chain) chainOutcomes.push(await runLane(name, beside));
      return chainOutcomes;
    }),
  );
  outcomes.push(...rowOutcomes.flat());
}

title('summary');
for (const { name, passed, failed, problems } of outcomes) {
  const seconds = took.get(name);
  const time = seconds === undefined ? '' : ` (${Math.round(seconds)} s)`;
  console.log(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed${time}`);
  for (const problem of problems) console.log(`    ${problem}`);
}
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runLane(name: LaneName, beside: boolean): Promise<Outcome> {
  const startedAtMs = performance.now();
  const run = { root, results, lane: name, ...(beside ? { label: name } : {}) };
  const outcome = name === 'check' ? await runCheck(run) : name === 'go' ? await runGoTests(run) : await runVitest(run);
  took.set(name, (performance.now() - startedAtMs) / 1000);
  return outcome;
}
