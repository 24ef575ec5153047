// A real control plane (etcd, kube-apiserver, kube-controller-manager) with a
// node and pods that kwok keeps alive and whose commands, logs and ports are
// served by ./kubelet. Nothing is mocked between a client and a pod's page.
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { applyManifests, readManifests } from './apply-manifests.ts';
import { buildBinaries } from './build-binaries.ts';
import { createApiClient } from './call-api.ts';
import { choosePorts } from './choose-ports.ts';
import type { AuditEvent, Cluster, ClusterOptions } from './cluster.ts';
import { issueClientCertificate } from './issue-certificates.ts';
import { readVersions } from './read-versions.ts';
import { clearRecorded, createRecorder, stopLeftovers } from './record-cluster.ts';
import {
  runApiServer,
  runControllerManager,
  runEtcd,
  runKubelet,
  runKwok,
  runPodServer,
  type PartName,
  type ControlPlane,
} from './run-control-plane.ts';
import { runKubectl, spawnKubectl, type Kubectl } from './run-kubectl.ts';
import { waitUntil, type RunningPart } from './run-part.ts';
import { stopAtExit } from './stop-at-exit.ts';
import { waitForPods } from './wait-for-pods.ts';
import { writeClusterFiles } from './write-cluster-files.ts';
import { writeKubeconfig } from './write-kubeconfig.ts';

export type { AuditEvent, AuditUser, Cluster, ClusterOptions } from './cluster.ts';
export type { KeyedCertificate } from './issue-certificates.ts';
export type { KubectlOptions, KubectlResult } from './run-kubectl.ts';

const nobody = 65_534;

/** Builds what is missing, starts a cluster and waits until its pods answer. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const started = Date.now();
  const log = (line: string) => options.log(line);
  stopLeftovers(log);
  const binaries = await buildBinaries(log);
  log(`starting the control plane (binaries ready after ${seconds(started)})`);

  const isFresh = options.directory === undefined || !existsSync(options.directory);
  if (!isFresh && readdirSync(options.directory ?? '').length > 0) throw new Error(`${options.directory} is not empty`);
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const recorder = createRecorder(`${process.pid}-${basename(directory)}`);
  if (isFresh) recorder.record.directories.push(directory);
  const asRoot = process.getuid?.() === 0;
  // `nobody` cannot enter the cluster's folder (0700), so root's pods live beside it.
  const podsDirectory = asRoot ? mkdtempSync(join(tmpdir(), 'gatehouse-pods-')) : join(directory, 'pods');
  const logsDirectory = join(directory, 'pod-logs');
  recorder.record.directories.push(podsDirectory);
  recorder.save();
  const unwatch = stopAtExit(recorder);
  mkdirSync(podsDirectory, { recursive: true });
  chmodSync(podsDirectory, asRoot ? 0o711 : 0o700);
  mkdirSync(logsDirectory, { recursive: true, mode: 0o700 });

  const namespaces = [...new Set(['team-a', 'team-b', ...(options.namespaces ?? [])])];
  const ports = await choosePorts(5 + namespaces.length);
  const [etcd, etcdPeer, api, kubelet, kwok, ...pagePorts] = ports as [number, number, number, number, number];
  const plane: ControlPlane = {
    binaries,
    directory,
    ports: { etcd, etcdPeer, api, kubelet, kwok },
    pages: new Map(namespaces.map((namespace, index) => [`${namespace}/web`, pagePorts[index] ?? 0])),
    externalNames: options.externalNames ?? {},
    podUser: asRoot ? nobody : undefined,
    podsDirectory,
    logsDirectory,
    dieWithParent: options.dieWithParent ?? true,
    recorder,
  };
  let closeClient = () => {};
  const parts = new Map<PartName, RunningPart>();

  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  async function stopAll(): Promise<void> {
    // Clients of the API server first, so that it has nothing to wait for.
    const order = ['kwok', 'kube-controller-manager', 'kubelet', 'pod-server', 'kube-apiserver', 'etcd'] as const;
    for (const name of order) await parts.get(name)?.stop('SIGTERM', 3);
    closeClient();
    clearRecorded(recorder.record);
    recorder.forget();
    unwatch();
  }

  try {
    const files = await writeClusterFiles(directory, api, binaries.kubelet);
    parts.set('etcd', runEtcd(plane));
    const client = createApiClient(api, files.caPem, files.testBed);
    closeClient = client.close;
    parts.set('kubelet', runKubelet(plane));
    const podServer = runPodServer(plane);
    parts.set('pod-server', podServer);
    await waitUntil('the egress proxy', 30, [podServer], async () => existsSync(join(directory, 'egress.sock')));

    const startApiServer = async () => {
      const server = runApiServer(plane);
      parts.set('kube-apiserver', server);
      await waitUntil(
        'kube-apiserver',
        120,
        [server],
        async () => (await client.call('GET', '/readyz')).status === 200,
      );
    };
    const stopApiServer = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
      // Asked to end, it stops listening at once and finishes short requests, but
      // open watches (there always are some) would keep it for another minute.
      await parts.get('kube-apiserver')?.stop(signal, 3);
      parts.delete('kube-apiserver');
    };
    // kube-apiserver retries while etcd elects itself.
    await startApiServer();
    log(`kube-apiserver is ready after ${seconds(started)}`);
    parts.set('kube-controller-manager', runControllerManager(plane));
    parts.set('kwok', runKwok(plane));
    const versions = readVersions(binaries);
    await applyManifests(
      client,
      namespaces.flatMap((namespace) => readManifests('namespace', namespace)),
    );
    await applyManifests(client, readManifests('cluster'));
    await waitForPods(client, namespaces, [...parts.values()]);
    log(`the cluster is ready after ${seconds(started)}: https://127.0.0.1:${api} (${versions['kube-apiserver']})`);

    const serverUrl = `https://127.0.0.1:${api}`;
    const auditLogPath = join(directory, 'audit.log');
    const kubectl: Kubectl = { path: binaries.kubectl, kubeconfig: files.adminKubeconfig, home: directory };
    const appendLog = (namespace: string, line: string, pod = 'web') =>
      appendFileSync(join(logsDirectory, `${namespace}_${pod}.log`), `${new Date().toISOString()} stdout F ${line}\n`, {
        mode: 0o600,
      });
    for (const namespace of namespaces) appendLog(namespace, `web of ${namespace} listens on port 8080`);

    return {
      serverUrl,
      port: api,
      caPem: files.caPem,
      directory,
      adminKubeconfig: files.adminKubeconfig,
      auditLogPath,
      kubectlPath: binaries.kubectl,
      versions,
      get pids() {
        return Object.fromEntries([...parts].map(([name, part]) => [name, part.pid]));
      },
      readAuditLog: () => readAuditLog(auditLogPath),
      issueClientCertificate: ({ user, groups = [] }) => issueClientCertificate(files.clientCa, user, groups),
      writeKubeconfig: (name, credential, { server = serverUrl, caPem = files.caPem, namespace } = {}) =>
        writeKubeconfig(join(directory, `${name}.kubeconfig`), server, caPem, credential, namespace),
      async createServiceAccountToken(namespace, name, durationSeconds) {
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
        const body = JSON.stringify({
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: durationSeconds },
        });
        const answer = await client.read<{ status: { token: string } }>('POST', path, body);
        return answer.status.token;
      },
      appendLog,
      kubectl: (args, settings) => runKubectl(kubectl, args, settings),
      spawnKubectl: (args, settings) => spawnKubectl(kubectl, args, settings),
      stopApiServer,
      startApiServer,
      async restartApiServer(signal) {
        await stopApiServer(signal);
        await startApiServer();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

function readAuditLog(path: string): AuditEvent[] {
  // The last piece is empty, or a line that is being written.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
