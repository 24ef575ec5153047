/**
 * `npm run demo`: a real control plane, the demo's identity provider and the gateway on https://127.0.0.1:8443, with
 * five people in it. `-- --clusters 2` starts a second control plane, which sees alice as a service account. Prints lines that can be pasted, writes .demo/demo.json, and takes everything down on Ctrl-C.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimDemo } from '../test/demo/claim-demo.ts';
import { rootOf } from '../test/demo/run-cli.ts';
import { PEOPLE } from '../test/demo/start-demo-gateway.ts';
import { startDemoWorld, type DemoWorld } from '../test/demo/start-demo-world.ts';

const DIRECTORY = join(rootOf(), '.demo');
const FILE = join(DIRECTORY, 'demo.json');
const startedAt = Date.now();
const log = (line: string): void =>
  void process.stderr.write(`demo ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);

let world: DemoWorld | undefined;
let stopping = false;

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log('stopping');
  rmSync(FILE, { force: true });
  await world?.stop();
  rmSync(DIRECTORY, { recursive: true, force: true });
  log('stopped; nothing is left running');
  process.exit(code);
}

process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));

async function main(): Promise<void> {
  const clusters = readClusters();
  const port = Number(process.env.GATEHOUSE_DEMO_PORT ?? 8443);
  const metricsPort = port + 1000;
  try {
    await claimDemo(DIRECTORY, [port, metricsPort]);
  } catch (error) {
    log(`failed: ${(error as Error).message}`);
    process.exit(1);
  }
  world = await startDemoWorld({
    directory: DIRECTORY,
    gatewayPorts: [port],
    clusters,
    idTokenSeconds: 12 * 3600,
    log,
  });
  const gateway = await world.startGateway({ directory: 'gateway', port, metricsPort });
  const people = Object.fromEntries(PEOPLE.map((name) => [name, gateway.people[name]]));
  writeFileSync(
    FILE,
    `${JSON.stringify({ url: gateway.url, caFile: gateway.caFile, issuer: world.identityProvider.issuerUrl, clusterAdminKubeconfig: world.cluster.adminKubeconfig, metricsUrl: gateway.metricsUrl, configFile: gateway.configFile, people }, undefined, 2)}\n`,
    { mode: 0o600 },
  );
  log('ready');
  const kubectl = world.cluster.kubectlPath;
  const { alice, bob, carol, root } = gateway.people;
  const more = describeMoreClusters(
    kubectl,
    alice.kubeconfig,
    world.moreClusters.map((_, at) => `demo-${at + 2}`),
  );
  process.stdout.write(`
Gatehouse is at ${gateway.url}. Pods are local commands on this machine, for the demo only.

kubectl, as alice (everything in team-a):
  ${kubectl} --kubeconfig ${alice.kubeconfig} -n team-a get pods
  ${kubectl} --kubeconfig ${alice.kubeconfig} -n team-a exec web -- id
${
  more === ''
    ? ''
    : `the other clusters, in the same kubeconfig; there alice is the service account team-a/alice:
  ${kubectl} --kubeconfig ${alice.kubeconfig} --context demo auth whoami
${more}`
}curl, as bob (reads pods of team-a):
  BOB=$(node -p "require('${FILE}').people.bob.idToken")
  curl --cacert ${gateway.caFile} -H "Authorization: Bearer $BOB" ${gateway.url}/api/v1/namespaces/team-a/pods
  curl --cacert ${gateway.caFile} -H "Authorization: Bearer $BOB" ${gateway.url}/api/v1/namespaces/team-a/secrets
  curl --cacert ${gateway.caFile} -H "Authorization: Bearer $BOB" ${gateway.url}/api/v1/namespaces/team-a/services/web/proxy/
the gateway's own objects, as root (password ${root.password}):
  ${kubectl} --kubeconfig ${root.kubeconfig} --server ${gateway.url}/clusters/gatehouse get accessrules
bin/gatehouse, on the demo's database (or export GATEHOUSE_CONFIG_FILE):
  ${join(rootOf(), 'bin/gatehouse')} --config ${gateway.configFile} policy explain --as bob --group demo:team-a-viewers -- kubectl get pods -n team-a
browser (both certificates are self-signed): open ${gateway.url}/-/ and log in as
  alice / ${alice.password}    bob / ${bob.password}    carol / ${carol.password} (reads the audit log)
metrics, for this machine only:
  curl ${gateway.metricsUrl}
All of it is in ${FILE}. Ctrl-C stops everything.
`);
}

const MOST_CLUSTERS = 4;

/** Of `--clusters`; ends with 2 for what is no number of them. */
function readClusters(): number {
  try {
    const { values } = parseArgs({ options: { clusters: { type: 'string', default: '1' } } });
    const clusters = Number(values.clusters);
    if (Number.isInteger(clusters) && clusters >= 1 && clusters <= MOST_CLUSTERS) return clusters;
  } catch {
    // Said below.
  }
  process.stderr.write(`demo: usage: npm run demo [-- --clusters <1 to ${MOST_CLUSTERS}>]\n`);
  process.exit(2);
}

/** One kubeconfig, a context for each; alice is somebody else on each. */
function describeMoreClusters(kubectl: string, kubeconfig: string, names: readonly string[]): string {
  return names
    .map(
      (name) => `  ${kubectl} --kubeconfig ${kubeconfig} --context ${name} auth whoami
  ${kubectl} --kubeconfig ${kubeconfig} --context ${name} -n team-a get pods
`,
    )
    .join('');
}

main().catch(async (error: unknown) => {
  log(`failed: ${(error as Error).message}`);
  await stop(1);
});
