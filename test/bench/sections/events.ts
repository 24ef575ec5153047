import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from '../measure/median.ts';
import { openWatches } from '../measure/open-watches.ts';
import { bearerOf, inventPeople } from '../people.ts';
import type { Peer } from '../peers/peer.ts';
import { startGatehouse } from '../peers/start-gatehouse.ts';
import { formatTable, rounded } from '../print-table.ts';
import { ask } from './ask.ts';
import type { Section } from './section.ts';
import { watchPath } from './watches.ts';

const EVENTS = 1000;
const PAUSE_MS = 10;

/** How long a watch event takes, through the gateway and without it: the same events, at the same time. */
export const events: Section = {
  name: 'events',
  subjects: [],
  async measure(world) {
    const people = await inventPeople(world.issuer);
    const direct: Peer = {
      name: 'direct',
      origin: world.upstream.origin,
      prefix: '',
      pid: world.upstream.pid,
      note: '',
    };
    const gatehouse = await startGatehouse(world);
    const watching = await Promise.all(
      [direct, gatehouse].map((peer) => openWatches(world, ask(world, peer, people, watchPath, bearerOf), 1)),
    );
    const delays = watching.map(() => [] as number[]);
    for (let count = 0; count < EVENTS; count++) {
      await world.upstream.emit();
      const arrivals = await Promise.all(watching.map((watch) => watch.collect()));
      arrivals.forEach(({ lastMs }, at) => delays[at]?.push(lastMs));
      await sleep(PAUSE_MS);
    }
    await world.stopPeers();
    const p99 = delays.map((values) => percentile(values, 0.99));
    const added = (p99[1] as number) - (p99[0] as number);
    return {
      results: { watch: { p99AddedMs: added } },
      text: formatTable(
        ['watch event', 'p50 ms', 'p99 ms'],
        ['direct', 'gatehouse'].map((name, at) => [
          name,
          rounded(median(delays[at] as number[])),
          rounded(p99[at] as number),
        ]),
      ),
      voids: [],
    };
  },
};
