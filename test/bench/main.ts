/**
 * `npm run bench`: what the gateway costs, each number beside those of its peers, measured in one run on one machine.
 *
 *   npm run bench                                         all sections; writes docs/performance/
 *   npm run bench -- short                                one section (or several)
 *   npm run bench -- short --only gatehouse,bare          some of those that are compared
 *   npm run bench -- short --only gatehouse --cpu-profile <folder>
 *   npm run bench -- short --rounds 3 --seconds 3
 *
 * Ends with 1 where the run is void (see sections/short-results.ts). All load goes to loopback.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installDebianPackages } from '../../scripts/test/install-debian-packages.ts';
import { inventPeople } from './people.ts';
import { formatTable, rounded } from './print-table.ts';
import { measureShortRequests, SUBJECTS } from './sections/short-requests.ts';
import { cpuRatios, type ShortRequests } from './sections/short-results.ts';
import { startWorld } from './world.ts';

const SECTIONS = ['short'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    'cpu-profile': { type: 'string' },
  },
});
const only = values.only?.split(',');
const bad = [
  ...positionals.filter((name) => !SECTIONS.includes(name)).map((name) => `section ${name}`),
  ...(only ?? []).filter((name) => !SUBJECTS.includes(name)).map((name) => `name ${name}`),
];
if (bad.length > 0) {
  console.error(`unknown ${bad.join(', ')}; there are the sections ${SECTIONS.join(', ')} and ${SUBJECTS.join(', ')}`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error('the benchmark reads /proc and so needs Linux');
  process.exit(2);
}

const startedAt = performance.now();
const log = (line: string): void =>
  console.log(`[${String(Math.round((performance.now() - startedAt) / 1000)).padStart(4)} s] ${line}`);

const packages = installDebianPackages({ wrk: 'wrk', nginx: 'nginx', haproxy: 'haproxy' });
if (packages.failed > 0) {
  console.error(packages.problems.join('\n'));
  process.exit(1);
}
const world = await startWorld(log);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void world.stop().finally(() => process.exit(1)));

try {
  const people = await inventPeople(world.issuer);
  const short = await measureShortRequests(world, people, {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    only,
    cpuProfileDirectory: values['cpu-profile'] && resolve(values['cpu-profile']),
  });
  printShort(short);
  if (short.voids.length > 0) process.exitCode = 1;
} finally {
  await world.stop();
}

function printShort({ results, voids }: ShortRequests): void {
  const ratios = cpuRatios(results);
  console.log(
    formatTable(
      ['proxy', 'CPU µs/request', 'requests/s', 'p50 ms', 'p99 ms', 'RSS MiB', 'disturbed %', 'gatehouse ÷', 'what'],
      results.map(({ name, cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, rssMiB, foreignShare, note }) => [
        name,
        rounded(cpuMicrosPerRequest),
        Math.round(requestsPerSecond),
        rounded(p50Ms),
        rounded(p99Ms),
        Math.round(rssMiB),
        Math.round(foreignShare * 100),
        ratios[name] === undefined ? '' : ratios[name].toFixed(2),
        note,
      ]),
    ),
  );
  for (const reason of voids) console.log(`VOID: ${reason}`);
}
