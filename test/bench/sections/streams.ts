import { once } from 'node:events';
import { request } from 'node:http';
import { startClusterProxies, type ClusterProxies } from '../cluster-proxies.ts';
import { median } from '../measure/median.ts';
import { readCpuMicros } from '../measure/read-processes.ts';
import { formatTable, rounded } from '../print-table.ts';
import { MOST_ROUNDS, type Section } from './section.ts';

const BYTES = 128 * 1024 ** 2;
const CHUNK = Buffer.alloc(1024 ** 2);
const ECHO_BYTES = 32 * 1024 ** 2;
const WAYS = ['direct', 'kubectl-proxy', 'gatehouse'];

const MICROS_PER_MS = 1000;

interface Act {
  /** @returns bytes a second. */
  readonly act: (proxies: ClusterProxies, way: string) => Promise<number>;
  readonly bytes: number;
}
const ACTS: Readonly<Record<string, Act>> = {
  exec: { act: execDown, bytes: BYTES },
  'exec-upload': { act: execUp, bytes: BYTES },
  'port-forward': { act: portForward, bytes: ECHO_BYTES },
};

interface Run {
  readonly bytesPerSecond: number;
  /** Of the proxy, which is far steadier than bytes a second; 0 for the direct way. */
  readonly cpuMsPerMib: number;
}

/** Bytes a second through kubectl's streams, of the real kubectl, API server and node, and what they cost the proxy. */
export const streams: Section = {
  name: 'streams',
  subjects: Object.keys(ACTS),
  async measure(world, { rounds, only }) {
    const acts = Object.entries(ACTS).filter(([name]) => only?.includes(name) ?? true);
    const names = acts.map(([name]) => name);
    const proxies = await startClusterProxies(world);
    const runs = Object.fromEntries(
      names.map((act) => [act, Object.fromEntries(WAYS.map((way) => [way, [] as Run[]]))]),
    );
    for (let round = 0; round <= Math.min(rounds, MOST_ROUNDS); round++) {
      for (const [name, act] of acts) {
        for (const way of WAYS) {
          const run = await measure(act, proxies, way);
          world.log(`${name} ${way}: ${describe(run)}${round === 0 ? ' (warming up)' : ''}`);
          if (round > 0) runs[name]?.[way]?.push(run);
        }
      }
    }
    await world.stopPeers();
    const middle = (act: string, way: string, pick: (run: Run) => number): number =>
      median((runs[act]?.[way] ?? []).map(pick));
    const rateOf = (act: string, way: string): number => middle(act, way, (run) => run.bytesPerSecond);
    const cpuOf = (act: string, way: string): number => middle(act, way, (run) => run.cpuMsPerMib);
    const cost = (act: string) => ({
      gatehouse: cpuOf(act, 'gatehouse'),
      'kubectl-proxy': cpuOf(act, 'kubectl-proxy'),
    });
    const exec = Object.fromEntries(
      names.flatMap((act) =>
        ['direct', 'kubectl-proxy'].map((way) => [
          act === 'exec' ? way : `${way}:${act}`,
          rateOf(act, 'gatehouse') / rateOf(act, way),
        ]),
      ),
    );
    return {
      results: {
        ratios: { exec },
        streamCpuMsPerMib: Object.fromEntries(names.map((act) => [act, cost(act)])),
      },
      text: formatTable(
        [
          'stream',
          ...WAYS.map((way) => `${way} MB/s`),
          'gatehouse ÷ kubectl-proxy',
          'CPU ms/MiB gatehouse',
          'kubectl-proxy',
        ],
        names.map((act) => [
          act,
          ...WAYS.map((way) => Math.round(rateOf(act, way) / 1e6)),
          rounded(rateOf(act, 'gatehouse') / rateOf(act, 'kubectl-proxy')),
          ...Object.values(cost(act)).map(rounded),
        ]),
      ),
      voids: [],
    };
  },
};

async function measure({ act, bytes }: Act, proxies: ClusterProxies, way: string): Promise<Run> {
  const pid = proxies.pids[way];
  const cpu = (): number => (pid === undefined ? 0 : readCpuMicros(pid));
  const before = cpu();
  const bytesPerSecond = await act(proxies, way);
  return { bytesPerSecond, cpuMsPerMib: (cpu() - before) / MICROS_PER_MS / (bytes / 1024 ** 2) };
}

const describe = ({ bytesPerSecond, cpuMsPerMib }: Run): string =>
  `${Math.round(bytesPerSecond / 1e6)} MB/s${cpuMsPerMib > 0 ? `, ${rounded(cpuMsPerMib)} ms of CPU a MiB` : ''}`;

/** From the first byte on, so that the start of kubectl is not part of it. */
async function execDown({ cluster, kubeconfigs }: ClusterProxies, way: string): Promise<number> {
  const args = ['exec', 'web', '--', 'head', '-c', String(BYTES), '/dev/zero'];
  const child = cluster.spawnKubectl(args, { kubeconfig: kubeconfigs[way] as string });
  let received = 0;
  let startedAt = 0;
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.stdout?.on('data', (chunk: Buffer) => {
    startedAt ||= performance.now();
    received += chunk.length;
  });
  await once(child, 'close');
  if (received !== BYTES) throw new Error(`exec through ${way} gave ${received} of ${BYTES} bytes: ${complaint}`);
  return BYTES / ((performance.now() - startedAt) / 1000);
}

async function execUp({ cluster, kubeconfigs }: ClusterProxies, way: string): Promise<number> {
  // The pod says when it is there, and in the end how much it got.
  const args = ['exec', '-i', 'web', '--', 'sh', '-c', 'echo ready; wc -c'];
  const child = cluster.spawnKubectl(args, { kubeconfig: kubeconfigs[way] as string });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  while (!said.includes('ready') && child.exitCode === null) await once(child.stdout as NodeJS.ReadableStream, 'data');
  const startedAt = performance.now();
  for (let sent = 0; sent < BYTES; sent += CHUNK.length)
    if (!child.stdin?.write(CHUNK)) await once(child.stdin as NodeJS.WritableStream, 'drain');
  child.stdin?.end();
  await once(child, 'close');
  if (!said.includes(String(BYTES))) throw new Error(`exec through ${way} did not take all bytes: ${said}`);
  return BYTES / ((performance.now() - startedAt) / 1000);
}

/** Bytes go to the pod and come back at the same time; each counts once. */
async function portForward({ cluster, kubeconfigs }: ClusterProxies, way: string): Promise<number> {
  const child = cluster.spawnKubectl(['port-forward', 'pod/web', ':8080'], { kubeconfig: kubeconfigs[way] as string });
  try {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!/127\.0\.0\.1:(\d+)/.test(said)) {
      const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      said += chunk.toString();
    }
    return await echo(Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]), way);
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  }
}

function echo(port: number, way: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const post = request({ port, host: '127.0.0.1', path: '/echo', method: 'POST', agent: false }, (answer) => {
      let received = 0;
      answer.on('data', (chunk: Buffer) => (received += chunk.length));
      answer.on('error', reject);
      answer.on('end', () => {
        if (received === ECHO_BYTES) resolve(ECHO_BYTES / ((performance.now() - startedAt) / 1000));
        else reject(new Error(`port-forward through ${way} gave ${received} of ${ECHO_BYTES} bytes back`));
      });
    });
    post.on('error', reject);
    void (async () => {
      for (let sent = 0; sent < ECHO_BYTES; sent += CHUNK.length) if (!post.write(CHUNK)) await once(post, 'drain');
      post.end();
    })().catch(reject);
  });
}
