import { countAuditRows } from '../measure/count-audit-rows.ts';
import { runLoad } from '../measure/run-load.ts';
import { bearerOf, inventPeople, podPath } from '../people.ts';
import { createSessions, createTokens } from '../peers/create-credentials.ts';
import { startGatehouse, type GatehousePeer } from '../peers/start-gatehouse.ts';
import { PLAIN_PEERS } from '../peers/start-plain-peers.ts';
import { ask } from './ask.ts';
import { cpuRatios, findVoids, shortTable } from './short-results.ts';
import type { Section } from './section.ts';
import type { Subject } from '../measure/run-load.ts';

const CONNECTIONS = 32;
const GATEHOUSE = ['gatehouse', 'gatehouse-session', 'gatehouse-token'];

/** A pod of 1 KB, asked for by a thousand people in turn, over 32 connections that stay open. */
export const shortRequests: Section = {
  name: 'short',
  subjects: [...GATEHOUSE, ...Object.keys(PLAIN_PEERS)],
  async measure(world, { rounds, seconds, only, cpuProfileDirectory }) {
    const isAsked = (name: string): boolean => only?.includes(name) ?? true;
    const people = await inventPeople(world.issuer);
    const subjects: Subject[] = [];
    let gatehouse: GatehousePeer | undefined;
    if (GATEHOUSE.some(isAsked)) {
      gatehouse = await startGatehouse(world, { cpuProfileDirectory });
      if (isAsked('gatehouse')) subjects.push(ask(world, gatehouse, people, podPath, bearerOf));
      if (isAsked('gatehouse-session')) {
        const cookies = await createSessions(world, people, gatehouse);
        const cookieOf = (_person: unknown, at: number) => ({
          Cookie: `__Host-gatehouse-session=${cookies[at]}`,
          'Sec-Fetch-Site': 'same-origin',
        });
        subjects.push(ask(world, { ...gatehouse, name: 'gatehouse-session' }, people, podPath, cookieOf));
      }
      if (isAsked('gatehouse-token')) {
        const tokens = await createTokens(world, people, gatehouse);
        const tokenOf = (_person: unknown, at: number) => ({ Authorization: `Bearer ${tokens[at]}` });
        subjects.push(ask(world, { ...gatehouse, name: 'gatehouse-token' }, people, podPath, tokenOf));
      }
    }
    for (const [name, start] of Object.entries(PLAIN_PEERS))
      if (isAsked(name)) subjects.push(ask(world, await start(world), people, podPath, bearerOf));

    const helpers = [world.upstream.pid];
    const results = await runLoad(subjects, { connections: CONNECTIONS, seconds, rounds, helpers, log: world.log });
    const rows = gatehouse && countAuditRows(gatehouse.databaseFile);
    await gatehouse?.stop();
    await world.stopPeers();
    const own = results.filter(({ name }) => GATEHOUSE.includes(name));
    const sent = {
      completed: own.reduce((sum, { completed }) => sum + completed, 0),
      inFlight: own.reduce((sum, { inFlight }) => sum + inFlight, 0),
    };
    return {
      results: {
        shortRequests: results.map(({ name, cpuMicrosPerRequest, requestsPerSecond, p50Ms, p99Ms, rssMiB }) => ({
          name,
          cpuMicrosPerRequest,
          requestsPerSecond,
          p50Ms,
          p99Ms,
          rssMiB,
        })),
        ratios: { cpu: cpuRatios(results) },
      },
      text: shortTable(results),
      voids: findVoids(results, rows && { rows, sent, people: people.length }),
    };
  },
};
