// kwok behind a proxy that delays the watch events of one resource, as a busy machine does.
import { Agent, createServer, request, type Server } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBinaries } from './build-binaries.ts';
import { choosePorts } from './choose-ports.ts';
import { createAuthority, issueServerCertificate, type KeyedCertificate } from './issue-certificates.ts';
import { createRecorder } from './record-cluster.ts';
import { runKwok, type KwokPlane } from './run-control-plane.ts';
import { startCluster, type Cluster } from './start-cluster.ts';

const DELAY_MILLISECONDS = 300;
const PODS = 4;

let cluster: Cluster;
let plane: KwokPlane;
let proxy: Server;
let delayed = '';

beforeAll(async () => {
  cluster = await startCluster({ log: (line) => console.log(line) });
  process.kill(cluster.pids.kwok ?? 0, 'SIGKILL');
  const [kwok, port] = (await choosePorts(2)) as [number, number];
  const authority = await createAuthority('late watches CA');
  const identity = await cluster.issueClientCertificate({ user: 'kwok', groups: ['system:masters'] });
  proxy = delayWatches(await issueServerCertificate(authority, ['localhost'], ['127.0.0.1']), identity);
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
  // runKwok reads the kubeconfig of this name.
  cluster.writeKubeconfig('kwok', identity, { server: `https://127.0.0.1:${port}`, caPem: authority.certPem });
  plane = {
    binaries: await buildBinaries(() => {}),
    directory: cluster.directory,
    ports: { kwok },
    dieWithParent: true,
    recorder: createRecorder(`${process.pid}-kwok-test`),
  };
}, 1_200_000);

afterAll(async () => {
  plane?.recorder.forget();
  proxy?.closeAllConnections();
  proxy?.close();
  await cluster?.stop();
}, 60_000);

/** Forwards every request to the API server and delays the watch events of the resource `delayed`. */
function delayWatches(server: KeyedCertificate, client: KeyedCertificate): Server {
  const agent = new Agent({ keepAlive: true, ca: cluster.caPem, cert: client.certPem, key: client.keyPem });
  return createServer({ cert: server.certPem, key: server.keyPem }, (incoming, answer) => {
    const { method, headers, url: path = '' } = incoming;
    const url = new URL(path, 'https://127.0.0.1');
    const isLate = url.searchParams.has('watch') && url.pathname.endsWith(`/${delayed}`);
    const forwarded = { agent, host: '127.0.0.1', port: cluster.port, method, path, headers };
    const outgoing = request(forwarded, (upstream) => {
      answer.writeHead(upstream.statusCode ?? 502, upstream.headers).flushHeaders();
      upstream.on('data', (chunk: Buffer) => {
        if (isLate) setTimeout(() => answer.write(chunk), DELAY_MILLISECONDS);
        else answer.write(chunk);
      });
      upstream.on('end', () => setTimeout(() => answer.end(), isLate ? DELAY_MILLISECONDS : 0));
      upstream.on('error', () => answer.destroy());
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('error', () => {});
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
}

/** Pods first, then their node, as startCluster applies them. */
const manifestOf = (node: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...Array.from({ length: PODS }, (_, index) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${node}-${index}`, namespace: 'team-a', labels: { node } },
        spec: { nodeName: node, containers: [{ name: 'web', image: 'example.invalid/web:1' }] },
      })),
      { apiVersion: 'v1', kind: 'Node', metadata: { name: node } },
    ],
  });

async function readPodAddresses(node: string): Promise<string[]> {
  const path = '{range .items[?(@.status.phase=="Running")]}{.status.podIP}{"\\n"}{end}';
  const { stdout } = await cluster.kubectl([
    '-n',
    'team-a',
    'get',
    'pods',
    '-l',
    `node=${node}`,
    '-o',
    `jsonpath=${path}`,
  ]);
  return stdout.split('\n').filter(Boolean);
}

// kwok starts its controllers for nodes and pods in random order, and ignored pods in only one of the two orders.
test.each([
  ['leases', 5],
  ['nodes', 2],
  ['pods', 2],
] as const)(
  'pods that are older than kwok become ready, each with its own address, when watch events of %s arrive late (%i starts)',
  async (resource, starts) => {
    delayed = resource;
    for (let start = 0; start < starts; start++) {
      const node = `${resource}-${start}`;
      const applied = await cluster.kubectl(['apply', '-f', '-'], { input: manifestOf(node) });
      expect(applied).toMatchObject({ code: 0 });
      const kwok = runKwok(plane);
      try {
        await expect.poll(() => readPodAddresses(node), { timeout: 10_000, interval: 200 }).toHaveLength(PODS);
        expect(new Set(await readPodAddresses(node)).size).toBe(PODS);
      } finally {
        await kwok.stop('SIGKILL');
      }
    }
  },
  120_000,
);
