/**
 * `npm run bench`: what the gateway costs, each number beside those of its peers, measured in one run on one machine.
 *
 *   npm run bench                                         all sections; writes docs/performance
 *   npm run bench -- short                                one section (or several)
 *   npm run bench -- short --only gatehouse,bare          some of those that are compared
 *   npm run bench -- short --only gatehouse --cpu-profile <folder>
 *   npm run bench -- short --rounds 3 --seconds 3
 *   npm run bench -- watches --save                       one section again, into the results of the last whole run
 *
 * Ends with 1 where anything is void (see sections/short-results.ts); the results then say what does not count. All load
 * goes to loopback.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installDebianPackages } from '../../scripts/test/install-debian-packages.ts';
import { describeMachine } from './describe-machine.ts';
import { mergeResults, type Results } from './results.ts';
import { addResults, saveResults } from './save-results.ts';
import { SECTIONS } from './sections/all.ts';
import type { Section, SectionResult } from './sections/section.ts';
import { startWorld } from './world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
    'cpu-profile': { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const only = values.only?.split(',');
const names = SECTIONS.map((section) => section.name);
const sections = positionals.length > 0 ? SECTIONS.filter(({ name }) => positionals.includes(name)) : SECTIONS;
const subjects = new Set(sections.flatMap((section) => section.subjects));
const unknown = [
  ...positionals.filter((name) => !names.includes(name)),
  ...(only ?? []).filter((name) => !subjects.has(name)),
];
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}. Sections: ${names.join(', ')}; --only: ${[...subjects].join(', ')}`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error('the benchmark reads /proc and so needs Linux');
  process.exit(2);
}
const packages = installDebianPackages({ wrk: 'wrk', nginx: 'nginx', haproxy: 'haproxy' });
if (packages.failed > 0) {
  console.error(packages.problems.join('\n'));
  process.exit(1);
}

const startedAt = performance.now();
const log = (line: string): void =>
  console.log(`[${String(Math.round((performance.now() - startedAt) / 1000)).padStart(4)} s] ${line}`);
const world = await startWorld(log);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void world.stop().finally(() => process.exit(1)));

let results: Results = { machine: describeMachine(), date: new Date().toISOString() };
const texts: string[] = [];
const voids: string[] = [];
const pictures: Record<string, string> = {};
try {
  for (const section of sections) {
    log(`section ${section.name}`);
    const measured = await measureSection(section);
    voids.push(...measured.voids.map((reason) => `${section.name}: ${reason}`));
    results = mergeResults(results, measured.results);
    Object.assign(pictures, measured.pictures);
    texts.push(`${section.name}\n${measured.text}`);
    console.log(`\n${measured.text}\n`);
  }
} finally {
  await world.stop();
}
if (sections.length > 1) console.log(`\n${texts.join('\n\n')}\n`);
for (const reason of voids) console.log(`VOID: ${reason}`);
if (voids.length > 0) process.exitCode = 1;
const isWhole = sections.length === SECTIONS.length && !only;
if (isWhole) saveResults({ ...results, ...(voids.length > 0 ? { void: voids } : {}) }, pictures, log);
else if (values.save && voids.length === 0)
  addResults(
    results,
    names.filter((name) => positionals.includes(name)),
    pictures,
    log,
  );

/** A section that fails says so, and the others are measured all the same. */
async function measureSection(section: Section): Promise<SectionResult> {
  try {
    return await section.measure(world, {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      only,
      cpuProfileDirectory: values['cpu-profile'] && resolve(values['cpu-profile']),
    });
  } catch (error) {
    await world.stopPeers();
    return { results: {}, text: String(error), voids: [`it failed: ${String(error).split('\n')[0]}`] };
  }
}
