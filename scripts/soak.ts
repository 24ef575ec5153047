/**
 * `npm run soak -- --minutes 60`: mixed load (watches, lists, execs, clients that leave) on a real control plane through
 * a gateway of one process. Prints its memory and open descriptors over time; ends with 1 where they are not flat or
 * a request failed. `--pauses 10` makes the load pause ten times as long, for a machine that has other work.
 * The test suite runs two minutes of it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDemoWorld } from '../test/demo/start-demo-world.ts';
import { findSlopes } from '../test/soak/find-growth.ts';
import { runSoak } from '../test/soak/run-soak.ts';
import { findFreePort } from '../test/support/find-free-port.ts';
import { INSPECTABLE } from '../test/support/read-live-memory.ts';
import { inMib } from '../test/support/read-memory.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, pauses: { type: 'string', default: '1' } },
});
const [minutes, pauses] = [Number(values.minutes), Number(values.pauses)];
if (!(minutes > 0) || !(pauses > 0)) {
  console.error(`--minutes and --pauses must be numbers above 0, not ${values.minutes} and ${values.pauses}`);
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), 'gatehouse-soak-'));
const port = await findFreePort();
const log = (line: string): void => console.error(`soak: ${line}`);
const world = await startDemoWorld({ directory, gatewayPorts: [port], idTokenSeconds: 12 * 3600, log });
const stop = async (): Promise<void> => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stop().finally(() => process.exit(130)));
try {
  const gateway = await world.startGateway({
    directory: 'gateway',
    port,
    environment: { ...INSPECTABLE, GATEHOUSE_WORKERS: '1', GATEHOUSE_TIMEOUTS_SHUTDOWN_GRACE_SECONDS: '1' },
  });
  console.log('seconds  RSS MiB  descriptors  after a collection: in use MiB, RSS MiB');
  const { done, problems, samples } = await runSoak({
    target: { port, token: gateway.people.root.idToken, caPem: readFileSync(gateway.caFile, 'utf8') },
    gateway: gateway.running(),
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
  await stop();
}
