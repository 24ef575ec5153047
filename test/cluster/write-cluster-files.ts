import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { privateFilesIn } from '../support/private-files.ts';
import {
  createAuthority,
  createSigningKey,
  issueClientCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from './issue-certificates.ts';
import { nodeAddress } from './node-address.ts';
import { writeKubeconfig } from './write-kubeconfig.ts';

/** What later steps need of the files that were written. */
export interface ClusterFiles {
  caPem: string;
  clientCa: KeyedCertificate;
  adminKubeconfig: string;
  /** A `system:masters` certificate of the test bed's own, which the audit policy leaves out. */
  testBed: KeyedCertificate;
}

const masters = ['system:masters'];

/** Writes certificates, kubeconfigs and configuration of one cluster into `directory`, all mode 0600. */
export async function writeClusterFiles(
  directory: string,
  apiPort: number,
  kubeletProgram: string,
): Promise<ClusterFiles> {
  const write = privateFilesIn(directory);
  const writePair = (name: string, pair: KeyedCertificate) => {
    write(`${name}.crt`, pair.certPem);
    write(`${name}.key`, pair.keyPem);
  };
  const serverCa = await createAuthority('gatehouse test server CA');
  const clientCa = await createAuthority('gatehouse test client CA');
  write('server-ca.crt', serverCa.certPem);
  write('client-ca.crt', clientCa.certPem);
  // etcd trusts an authority of its own: the client CA also signs certificates of users.
  const etcdCa = await createAuthority('gatehouse test etcd CA');
  write('etcd-ca.crt', etcdCa.certPem);
  writePair('etcd', await issueServerCertificate(etcdCa, ['localhost'], ['127.0.0.1']));
  writePair('etcd-client', await issueClientCertificate(etcdCa, 'kube-apiserver', []));
  const apiNames = ['localhost', 'kubernetes', 'kubernetes.default.svc'];
  writePair('api-server', await issueServerCertificate(serverCa, apiNames, ['127.0.0.1', '::1']));
  writePair('kubelet', await issueServerCertificate(serverCa, ['node-1'], [nodeAddress.host]));
  writePair('kubelet-client', await issueClientCertificate(clientCa, 'kube-apiserver-kubelet-client', []));
  const signing = createSigningKey();
  write('service-account.key', signing.privatePem);
  write('service-account.pub', signing.publicPem);

  const kubeconfig = async (name: string, user: string) => {
    const path = join(directory, `${name}.kubeconfig`);
    const certificate = await issueClientCertificate(clientCa, user, masters);
    return writeKubeconfig(path, `https://127.0.0.1:${apiPort}`, serverCa.certPem, certificate);
  };
  const adminKubeconfig = await kubeconfig('admin', 'cluster-admin');
  await kubeconfig('controller-manager', 'system:kube-controller-manager');
  await kubeconfig('kwok', 'kwok');

  write('audit-policy.yaml', auditPolicy);
  write('egress.yaml', egressConfiguration(join(directory, 'egress.sock')));
  write('kwok.yaml', kwokConfiguration(kubeletProgram));
  const testBed = await issueClientCertificate(clientCa, 'test-bed', masters);
  writePair('test-bed', testBed);
  return { caPem: serverCa.certPem, clientCa, adminKubeconfig, testBed };
}

// The oracle of what really arrived. The test bed's own machinery is left out:
// it would bury what the tests are about.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    users: [kwok, test-bed, system:apiserver, system:kube-controller-manager]
  - level: Metadata
`;

const egressConfiguration = (socket: string) => `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
  - name: cluster
    connection:
      proxyProtocol: HTTPConnect
      transport:
        uds:
          udsName: ${JSON.stringify(socket)}
`;

/**
 * kwok's own stages, and its debugging server off: that one would run commands for anybody. One worker for pods,
 * because workers of kwok 0.8.0 create the pool of pod addresses without a lock: two workers that need it first get a
 * pool each, and both pools start at 10.244.0.1.
 */
function kwokConfiguration(kubeletProgram: string): string {
  const stages = spawnSync(kubeletProgram, ['--print-stages'], { encoding: 'utf8' });
  if (stages.status !== 0) throw new Error(`${kubeletProgram} --print-stages failed: ${stages.stderr}`);
  return `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  enableDebuggingHandlers: false
  nodePlayStageParallelism: 2
  podPlayStageParallelism: 1
  podsOnNodeSyncParallelism: 1
---
${stages.stdout}`;
}
