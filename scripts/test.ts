/**
 * `npm test`: every test, on real parts. Installs the Debian packages that the tests start, builds the
 * control plane, installs Keycloak, builds Dex, runs each lane to its end whatever the others do, and ends with `N passed, N failed`,
 * summed from what the runners themselves report. A part that is missing fails; nothing is skipped.
 *
 *   npm test                    everything
 *   npm test -- unit go         some lanes: check, unit, integration, e2e, go
 *
 * Output and reports of each lane go to test-results/.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildControlPlane } from './test/build-control-plane.ts';
import { installDebianPackages } from './test/install-debian-packages.ts';
import type { Outcome } from './test/outcome.ts';
import { prepareDex } from './test/prepare-dex.ts';
import { prepareKeycloak } from './test/prepare-keycloak.ts';
import { readPartVersions } from './test/read-part-versions.ts';
import { runCheck } from './test/run-check.ts';
import { runGoTests } from './test/run-go-tests.ts';
import { runVitest } from './test/run-vitest.ts';

const root = resolve(import.meta.dirname, '..');
const results = join(root, 'test-results');

const LANES: Readonly<Record<string, () => Promise<Outcome>>> = {
  check: () => runCheck(root, results),
  unit: () => runVitest(root, results, 'unit'),
  integration: () => runVitest(root, results, 'integration'),
  e2e: () => runVitest(root, results, 'e2e'),
  go: () => runGoTests(root, results),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(LANES, name));
if (unknown.length > 0) {
  console.error(`unknown lane ${unknown.join(', ')}; there are ${Object.keys(LANES).join(', ')}`);
  process.exit(2);
}

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const title = (text: string): void => console.log(`\n== ${text}`);
const outcomes: Outcome[] = [];

title('parts');
outcomes.push(installDebianPackages());
const controlPlane = await buildControlPlane();
outcomes.push(controlPlane.outcome);
if (asked.length === 0 || asked.includes('integration')) outcomes.push(await prepareKeycloak(), await prepareDex());
outcomes.push(readPartVersions(controlPlane.binaries));

for (const [name, run] of Object.entries(LANES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  title(name);
  outcomes.push(await run());
}

title('summary');
for (const { name, passed, failed, problems } of outcomes) {
  console.log(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed`);
  for (const problem of problems) console.log(`    ${problem}`);
}
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
