import { emptyCache, startClusterProxies } from '../cluster-proxies.ts';
import { median } from '../measure/median.ts';
import { formatTable, rounded } from '../print-table.ts';
import type { Section } from './section.ts';

const MOST_TIMES = 15;
const TIMES_A_ROUND = 3;
const WAYS = ['direct', 'kubectl-proxy', 'gatehouse'];

/** `kubectl api-resources` with an empty cache: many requests at once, on connections that are not open yet. */
export const discovery: Section = {
  name: 'discovery',
  subjects: [],
  async measure(world, { rounds }) {
    const times = Math.min(MOST_TIMES, rounds * TIMES_A_ROUND);
    const { cluster, kubeconfigs } = await startClusterProxies(world);
    const took = Object.fromEntries(WAYS.map((way) => [way, [] as number[]]));
    const listed = new Set<number>();
    for (let count = 0; count <= times; count++) {
      for (const way of WAYS) {
        const cache = emptyCache(world, count * WAYS.length + WAYS.indexOf(way));
        const startedAt = performance.now();
        const result = await cluster.kubectl(['api-resources', '--cache-dir', cache], {
          kubeconfig: kubeconfigs[way] as string,
        });
        if (result.code !== 0) throw new Error(`api-resources through ${way}: ${result.stderr}`);
        listed.add(result.stdout.split('\n').length);
        if (count > 0) took[way]?.push(performance.now() - startedAt);
      }
    }
    await world.stopPeers();
    const msOf = (way: string): number => median(took[way] ?? []);
    return {
      results: { ratios: { discovery: msOf('gatehouse') / msOf('direct') } },
      text: formatTable(
        ['kubectl api-resources', 'ms', '÷ direct'],
        WAYS.map((way) => [way, Math.round(msOf(way)), rounded(msOf(way) / msOf('direct'))]),
      ),
      voids: listed.size === 1 ? [] : ['kubectl did not list the same resources each time'],
    };
  },
};
