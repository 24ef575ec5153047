/**
 * `npm run soak -- --minutes 60`: mixed load (watches, lists, execs, clients that leave) on a real control plane through
 * a gateway of one process. Prints its memory and open descriptors over time; ends with 1 where they are not flat or
 * a request failed. `--pauses 10` makes the load pause ten times as long, for a machine that has other work.
 * `npm test` runs two minutes of it beside other tests, `npm run test:long` two minutes under full load.
 */
import { parseArgs } from 'node:util';
import { findSlopes } from '../test/soak/find-growth.ts';
import { runSoak } from '../test/soak/run-soak.ts';
import { startSoakWorld } from '../test/soak/start-soak-world.ts';
import { inMib } from '../test/support/read-memory.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, pauses: { type: 'string', default: '1' } },
});
const [minutes, pauses] = [Number(values.minutes), Number(values.pauses)];
if (!(minutes > 0) || !(pauses > 0)) {
  console.error(`--minutes and --pauses must be numbers above 0, not ${values.minutes} and ${values.pauses}`);
  process.exit(2);
}
const world = await startSoakWorld((line) => console.error(`soak: ${line}`));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void world.stop().finally(() => process.exit(130)));
try {
  console.log('seconds  RSS MiB  descriptors  after a collection: in use MiB, RSS MiB');
  const { done, problems, samples } = await runSoak({
    target: world.target,
    gateway: world.gateway,
    seconds: minutes * 60,
    pauses,
    onSample: ({ atSeconds, rssBytes, descriptors, live }) => {
      const columns = [atSeconds, inMib(rssBytes).toFixed(1), descriptors];
      if (live) columns.push(inMib(live.used).toFixed(1), inMib(live.resident).toFixed(1));
      console.log(columns.map((column, index) => String(column).padStart([7, 9, 13, 30, 9][index] ?? 0)).join(''));
    },
  });
  const { rssMibPerHour, descriptorsPerHour } = findSlopes(samples);
  console.log(
    `after warming up: ${rssMibPerHour.toFixed(1)} MiB and ${descriptorsPerHour.toFixed(1)} descriptors an hour`,
  );
  console.log(`done: ${JSON.stringify(done)}`);
  for (const problem of problems) console.log(`not good: ${problem}`);
  console.log(problems.length === 0 ? 'flat' : 'not flat');
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await world.stop();
}
