// Runs a cluster by itself, to look at it by hand.
import { parseArgs } from 'node:util';
import { startCluster } from './start-cluster.ts';

const { values } = parseArgs({
  options: { directory: { type: 'string' }, 'outlive-parent': { type: 'boolean', default: false } },
});

const cluster = await startCluster({
  log: (line) => console.log(line),
  dieWithParent: !values['outlive-parent'],
  ...(values.directory === undefined ? {} : { directory: values.directory }),
});
const kubectl = `KUBECONFIG=${cluster.adminKubeconfig} ${cluster.kubectlPath}`;
console.log(`
  ${kubectl} get pods -A
  ${kubectl} -n team-a exec -it web -- sh
  ${kubectl} -n team-a logs -f web
  ${kubectl} -n team-a port-forward pod/web 8080:8080
  tail -f ${cluster.auditLogPath}

Files: ${cluster.directory}. Ctrl-C stops everything.`);

const keepAlive = setInterval(() => {}, 2 ** 30);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.log('stopping …');
    clearInterval(keepAlive);
    void cluster.stop().then(() => process.exit(0));
  });
}
