// How each part of the control plane is started. Everything listens on loopback
// and keeps its files in the cluster's own folder.
import { join } from 'node:path';
import type { Binaries } from './build-binaries.ts';
import { nodeAddress } from './node-address.ts';
import { runPart, type RunningPart } from './run-part.ts';
import type { Recorder } from './record-cluster.ts';
import type { PodServerSettings } from './serve-pods.ts';

export type PartName = keyof Binaries | 'pod-server';

export interface ControlPlane {
  binaries: Binaries;
  directory: string;
  ports: { etcd: number; etcdPeer: number; api: number; kubelet: number; kwok: number };
  /** Loopback port of the page of each `namespace/pod`, reached at the pod's port 8080. */
  pages: ReadonlyMap<string, number>;
  /** See `ClusterOptions`. */
  externalNames: Readonly<Record<string, number>>;
  /** Of commands that are run in pods; undefined = this process's own user. */
  podUser: number | undefined;
  podsDirectory: string;
  logsDirectory: string;
  dieWithParent: boolean;
  recorder: Recorder;
}

type PartPlane = Pick<ControlPlane, 'binaries' | 'directory' | 'dieWithParent' | 'recorder'>;

function run(
  plane: PartPlane,
  name: keyof Binaries,
  args: string[],
  environment: Record<string, string> = {},
): RunningPart {
  return runPart({
    name,
    executable: plane.binaries[name],
    arguments: args,
    directory: plane.directory,
    dieWithParent: plane.dieWithParent,
    environment,
    recorder: plane.recorder,
  });
}

export function runEtcd(plane: ControlPlane): RunningPart {
  const file = (name: string) => join(plane.directory, name);
  const client = `https://127.0.0.1:${plane.ports.etcd}`;
  const peer = `https://127.0.0.1:${plane.ports.etcdPeer}`;
  // Whoever can talk to etcd owns the cluster, and loopback is open to every local user.
  const tls = (prefix: string) => [
    `--${prefix}cert-file=${file('etcd.crt')}`,
    `--${prefix}key-file=${file('etcd.key')}`,
    `--${prefix}trusted-ca-file=${file('etcd-ca.crt')}`,
    `--${prefix}client-cert-auth`,
  ];
  return run(plane, 'etcd', [
    `--data-dir=${file('etcd-data')}`,
    ...tls(''),
    ...tls('peer-'),
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // Nothing here has to survive a power cut; starting is twice as fast.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
}

export function runApiServer(plane: ControlPlane): RunningPart {
  const file = (name: string) => join(plane.directory, name);
  return run(plane, 'kube-apiserver', [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${plane.ports.api}`,
    `--etcd-servers=https://127.0.0.1:${plane.ports.etcd}`,
    `--etcd-cafile=${file('etcd-ca.crt')}`,
    `--etcd-certfile=${file('etcd-client.crt')}`,
    `--etcd-keyfile=${file('etcd-client.key')}`,
    `--tls-cert-file=${file('api-server.crt')}`,
    `--tls-private-key-file=${file('api-server.key')}`,
    `--client-ca-file=${file('client-ca.crt')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${file('service-account.pub')}`,
    `--service-account-signing-key-file=${file('service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // The `kubernetes` service cannot have a loopback endpoint, and nobody here needs it.
    '--endpoint-reconciler-type=none',
    `--egress-selector-config-file=${file('egress.yaml')}`,
    `--kubelet-certificate-authority=${file('server-ca.crt')}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--audit-policy-file=${file('audit-policy.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    // Blocking: an event is in the file before its answer ends, so a test may read it then.
    '--audit-log-mode=blocking',
    '--audit-log-maxsize=0',
  ]);
}

export function runControllerManager(plane: ControlPlane): RunningPart {
  const file = (name: string) => join(plane.directory, name);
  const controllers = [
    'clusterrole-aggregation-controller', // fills `admin`, `edit` and `view`
    'deployment-controller',
    'endpoints-controller',
    'endpointslice-controller',
    'garbage-collector-controller',
    'job-controller',
    'namespace-controller',
    'replicaset-controller',
    'root-ca-certificate-publisher-controller',
    'serviceaccount-controller',
    'serviceaccount-token-controller',
  ];
  return run(plane, 'kube-controller-manager', [
    `--kubeconfig=${file('controller-manager.kubeconfig')}`,
    `--service-account-private-key-file=${file('service-account.key')}`,
    `--root-ca-file=${file('server-ca.crt')}`,
    // Only what the test bed needs: the machine is shared with the tests.
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
}

/** What kwok's start needs of a control plane. */
export type KwokPlane = PartPlane & { ports: Pick<ControlPlane['ports'], 'kwok'> };

/** Simulates the lifecycle of nodes and pods; the kubelet serves the commands, logs and ports of pods. */
export function runKwok(plane: KwokPlane): RunningPart {
  return run(plane, 'kwok', [
    `--config=${join(plane.directory, 'kwok.yaml')}`,
    `--kubeconfig=${join(plane.directory, 'kwok.kubeconfig')}`,
    '--manage-all-nodes',
    // Not loopback, which nodes/proxy refuses; the egress proxy knows where it leads.
    `--node-ip=${nodeAddress.host}`,
    // Nodes advertise our kubelet's port, not kwok's own.
    `--node-port=${nodeAddress.port}`,
    `--server-address=127.0.0.1:${plane.ports.kwok}`,
    '--cidr=10.244.0.0/16',
    // With leases, kwok 0.8.0 ignores a pod until its cached lease of the pod's node names this kwok as holder. It lists
    // the node's pods once, right after it creates the lease. When the watch that fills the cache delivers the lease
    // after that list, the pods stay Pending for ever. Only one kwok runs here, so leases have no other use.
    '--node-lease-duration-seconds=0',
  ]);
}

/** The pods' pages and the egress proxy; ready when `egress.sock` is there. */
export function runPodServer(plane: ControlPlane): RunningPart {
  const file = (name: string) => join(plane.directory, name);
  const settings: PodServerSettings = {
    socket: file('egress.sock'),
    apiPort: plane.ports.api,
    kubeletPort: plane.ports.kubelet,
    caFile: file('server-ca.crt'),
    certFile: file('test-bed.crt'),
    keyFile: file('test-bed.key'),
    pages: Object.fromEntries(plane.pages),
    externalNames: plane.externalNames,
  };
  const program = import.meta.filename.replace(/run-control-plane(\.[jt]s)$/, 'serve-pods$1');
  return runPart({
    name: 'pod-server',
    executable: process.execPath,
    arguments: [program, JSON.stringify(settings)],
    directory: plane.directory,
    dieWithParent: plane.dieWithParent,
    recorder: plane.recorder,
  });
}

export function runKubelet(plane: ControlPlane): RunningPart {
  return run(plane, 'kubelet', [
    `--address=127.0.0.1:${plane.ports.kubelet}`,
    `--cert=${join(plane.directory, 'kubelet.crt')}`,
    `--key=${join(plane.directory, 'kubelet.key')}`,
    `--client-ca=${join(plane.directory, 'client-ca.crt')}`,
    '--client-name=kube-apiserver-kubelet-client',
    `--pods=${plane.podsDirectory}`,
    `--logs=${plane.logsDirectory}`,
    ...(plane.podUser === undefined ? [] : [`--run-as=${plane.podUser}`]),
    ...[...plane.pages].map(([pod, port]) => `--forward=${pod}:8080=127.0.0.1:${port}`),
  ]);
}
