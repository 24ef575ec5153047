import { runLoad, type Subject } from '../measure/run-load.ts';
import { bearerOf, inventPeople, podPath } from '../people.ts';
import { startGatehouse } from '../peers/start-gatehouse.ts';
import { formatTable, rounded } from '../print-table.ts';
import { ask } from './ask.ts';
import { findFailures } from './short-results.ts';
import { MOST_ROUNDS, type Section } from './section.ts';

/** More than for one process, so that each of several has its share. */
const CONNECTIONS = 64;
const WORKERS = [1, 2];

/** Short requests with one worker and with two. On two cores the load and the upstream take their part of both. */
export const workers: Section = {
  name: 'workers',
  subjects: [],
  async measure(world, { rounds, seconds }) {
    const people = await inventPeople(world.issuer);
    const subjects: Subject[] = [];
    for (const count of WORKERS) {
      const peer = await startGatehouse(world, { name: `workers-${count}`, workers: count });
      subjects.push(ask(world, peer, people, podPath, bearerOf));
    }
    const options = {
      connections: CONNECTIONS,
      seconds,
      rounds: Math.min(rounds, MOST_ROUNDS),
      helpers: [world.upstream.pid],
      log: world.log,
    };
    const results = await runLoad(subjects, options);
    await world.stopPeers();
    return {
      results: {
        workers: Object.fromEntries(
          results.map(({ cpuMicrosPerRequest, requestsPerSecond, rssMiB }, at) => [
            String(WORKERS[at]),
            { cpuMicrosPerRequest, requestsPerSecond, rssMiB },
          ]),
        ),
      },
      text: formatTable(
        ['workers', 'requests/s', 'CPU µs/request', 'p99 ms', 'RSS MiB', 'disturbed %'],
        results.map((result, at) => [
          WORKERS[at] as number,
          Math.round(result.requestsPerSecond),
          rounded(result.cpuMicrosPerRequest),
          rounded(result.p99Ms),
          Math.round(result.rssMiB),
          Math.round(result.foreignShare * 100),
        ]),
      ),
      voids: findFailures(results),
    };
  },
};
