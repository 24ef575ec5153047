import { runLoad } from '../measure/run-load.ts';
import { bearerOf, inventPeople, type Caller } from '../people.ts';
import { startGatehouse } from '../peers/start-gatehouse.ts';
import { PLAIN_PEERS, type StartPeer } from '../peers/start-plain-peers.ts';
import { formatTable, rounded } from '../print-table.ts';
import { ask } from './ask.ts';
import { findFailures, ratiosTo } from './short-results.ts';
import { MOST_ROUNDS, type Section } from './section.ts';
import type { Subject } from '../measure/run-load.ts';

const CONNECTIONS = 8;
const MICROS_PER_SECOND = 1e6;
const listPath = ({ namespace }: Caller): string => `/api/v1/namespaces/${namespace}/configmaps`;

/** Lists of 1 MiB over 8 connections: how fast bytes go through, and at what cost. */
export const lists: Section = {
  name: 'lists',
  subjects: ['gatehouse', ...Object.keys(PLAIN_PEERS)],
  async measure(world, { rounds, seconds, only, cpuProfileDirectory }) {
    const isAsked = (name: string): boolean => only?.includes(name) ?? true;
    const people = await inventPeople(world.issuer);
    const starts: Record<string, StartPeer> = {
      gatehouse: (inWorld) => startGatehouse(inWorld, { cpuProfileDirectory }),
      ...PLAIN_PEERS,
    };
    const subjects: Subject[] = [];
    for (const [name, start] of Object.entries(starts))
      if (isAsked(name)) subjects.push(ask(world, await start(world), people, listPath, bearerOf));
    const helpers = [world.upstream.pid];
    const results = await runLoad(subjects, {
      connections: CONNECTIONS,
      seconds,
      rounds: Math.min(rounds, MOST_ROUNDS),
      helpers,
      log: world.log,
    });
    await world.stopPeers();
    const ratios = ratiosTo(results, (result) => result.megabytesPerSecond);
    return {
      results: { ratios: { list1MiB: ratios } },
      text: formatTable(
        ['proxy', 'MB/s', 'CPU ms/GB', 'p99 ms', 'RSS MiB', 'disturbed %', 'gatehouse ÷'],
        results.map((result) => [
          result.name,
          Math.round(result.megabytesPerSecond),
          Math.round(
            (result.cpuMicrosPerRequest * result.requestsPerSecond) /
              MICROS_PER_SECOND /
              (result.megabytesPerSecond / 1e6),
          ),
          rounded(result.p99Ms),
          Math.round(result.rssMiB),
          Math.round(result.foreignShare * 100),
          ratios[result.name]?.toFixed(2) ?? '',
        ]),
      ),
      voids: findFailures(results),
    };
  },
};
