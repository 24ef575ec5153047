import { setTimeout as sleep } from 'node:timers/promises';
import { openWatches, raiseFileLimit, type OpenWatches } from '../measure/open-watches.ts';
import { readResidentMib } from '../measure/read-processes.ts';
import type { Subject } from '../measure/run-load.ts';
import { bearerOf, inventPeople, type Caller } from '../people.ts';
import { startGatehouse } from '../peers/start-gatehouse.ts';
import { PLAIN_PEERS, type StartPeer } from '../peers/start-plain-peers.ts';
import { formatTable, rounded } from '../print-table.ts';
import type { World } from '../world.ts';
import { ask } from './ask.ts';
import type { Results } from '../results.ts';
import type { Section } from './section.ts';
import { speaksHttp2 } from './speaks-http2.ts';

const COUNTS = [2000, 10_000];
/** Opened before memory is first read, so that what is loaded once is not counted as a watch. */
const WARM_UP = 100;
const STREAMS = 100;
const SETTLE_MS = 5000;
const FILES = 65_536;
const KIB_PER_MIB = 1024;
export const watchPath = ({ namespace }: Caller): string => `/api/v1/namespaces/${namespace}/pods?watch=true`;

interface Measured {
  readonly name: string;
  readonly connections: number;
  /** KiB a watch, at each of the counts. */
  readonly kib: readonly number[];
  readonly count: number;
  readonly rssMiB: number;
  readonly lastEventMs: number;
  readonly lost: number;
}

/** Idle watches: what each costs in memory, and whether all hear of an event. */
export const watches: Section = {
  name: 'watches',
  subjects: ['gatehouse', 'gatehouse-h2', 'bare', 'kubectl-proxy', 'oauth2-proxy'],
  async measure(world, { only, watches: asked = COUNTS }) {
    const few = asked.slice(0, 1);
    const isAsked = (name: string): boolean => only?.includes(name) ?? true;
    const people = await inventPeople(world.issuer);
    raiseFileLimit(process.pid, FILES);
    raiseFileLimit(world.upstream.pid, FILES);
    const plans: { name: string; start: StartPeer; counts: readonly number[]; streams: number }[] = [
      { name: 'gatehouse', start: (inWorld) => startGatehouse(inWorld), counts: asked, streams: 0 },
      { name: 'gatehouse-h2', start: (inWorld) => startGatehouse(inWorld), counts: asked, streams: STREAMS },
      ...['bare', 'kubectl-proxy', 'oauth2-proxy'].map((name) => ({
        name,
        start: PLAIN_PEERS[name] as StartPeer,
        counts: few,
        streams: 0,
      })),
    ];
    const measured: Measured[] = [];
    const voids: string[] = [];
    for (const { name, start, counts, streams } of plans) {
      if (!isAsked(name)) continue;
      const peer = await start(world);
      if (streams > 0 && !(await speaksHttp2(peer.origin, world.caPem))) {
        world.log(`${name}: the gateway offers no HTTP/2 to its clients`);
      } else {
        raiseFileLimit(peer.pid, FILES);
        const subject = ask(world, { ...peer, name }, people, watchPath, bearerOf);
        measured.push(await measureWatches(world, subject, counts, streams, voids));
      }
      await world.stopPeers();
    }
    return { results: resultsOf(measured), text: tableOf(measured, asked), voids };
  },
};

async function measureWatches(
  world: World,
  subject: Subject,
  counts: readonly number[],
  streams: number,
  voids: string[],
): Promise<Measured> {
  const { name, pid } = subject;
  const groups: OpenWatches[] = [];
  const open = async (count: number): Promise<void> => {
    const group = await openWatches(world, subject, count, streams);
    if (group.failed > 0) voids.push(`${name}: ${group.failed} of ${count} watches were refused: ${group.failure}`);
    groups.push(group);
    await sleep(SETTLE_MS);
  };
  await open(WARM_UP);
  const before = readResidentMib(pid);
  const kib: number[] = [];
  let reached = WARM_UP;
  for (const count of counts) {
    await open(count - reached);
    reached = count;
    kib.push(((readResidentMib(pid) - before) * KIB_PER_MIB) / (count - WARM_UP));
    world.log(`${name}: ${count} watches, ${(kib.at(-1) as number).toFixed(1)} KiB each`);
  }
  await world.upstream.emit();
  const arrivals = await Promise.all(groups.map((group) => group.collect()));
  const received = arrivals.reduce((sum, group) => sum + group.received, 0);
  const result: Measured = {
    name,
    connections: groups.reduce((sum, group) => sum + group.connections, 0),
    kib,
    count: reached,
    rssMiB: readResidentMib(pid),
    lastEventMs: Math.max(...arrivals.map((group) => group.lastMs)),
    lost: reached - received,
  };
  if (result.lost > 0) voids.push(`${name}: ${result.lost} of ${reached} watches did not get the event`);
  return result;
}

function resultsOf(measured: readonly Measured[]): Results {
  const own = measured.find(({ name }) => name === 'gatehouse');
  const shared = measured.find(({ name }) => name === 'gatehouse-h2');
  const { lastEventMs, lost, count } = own ?? {};
  return {
    watch: {
      ...(own ? { kibPerWatch: own.kib.at(-1), kibPerWatch2000: own.kib[0], count, lastEventMs, lost } : {}),
      kibPerWatchH2: shared?.kib.at(-1) ?? null,
    } as Results['watch'],
  };
}

function tableOf(measured: readonly Measured[], counts: readonly number[]): string {
  return formatTable(
    [
      'proxy',
      'watches',
      'connections',
      ...counts.map((count) => `KiB a watch at ${count}`),
      'RSS MiB',
      'last event ms',
      'lost',
    ],
    measured.map(({ name, count, connections, kib, rssMiB, lastEventMs, lost }) => [
      name,
      count,
      connections,
      ...counts.map((_, at) => (kib[at] === undefined ? '' : String(rounded(kib[at])))),
      Math.round(rssMiB),
      Math.round(lastEventMs),
      lost,
    ]),
  );
}
