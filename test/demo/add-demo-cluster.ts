import { stringify } from 'yaml';
import type { Cluster } from '../cluster/start-cluster.ts';
import { runCli } from './run-cli.ts';

/**
 * Registers one more cluster as an admin would: `cluster add` from a kubeconfig, then who may do what there. People are
 * impersonated as on the first, but for alice, for whom the cluster sees the service account `team-a/alice`.
 */
export async function addDemoCluster(
  name: string,
  cluster: Cluster,
  environment: Record<string, string>,
): Promise<void> {
  await makeServiceAccount(cluster);
  const credential = await cluster.issueClientCertificate({ user: 'gatehouse', groups: [] });
  const kubeconfig = cluster.writeKubeconfig('gatehouse', credential);
  await runCli(['cluster', 'add', '--kubeconfig', kubeconfig, '--name', name], environment);
  await runCli(['apply', '-f', '-'], environment, objectsFor(name));
  // The token of `team-a/alice` is among what the gateway's credential may then ask for.
  await runCli(['rbac', '--cluster', name, '--apply', '--kubeconfig', cluster.adminKubeconfig], environment);
}

async function makeServiceAccount(cluster: Cluster): Promise<void> {
  for (const args of [
    ['create', 'serviceaccount', 'alice'],
    ['create', 'rolebinding', 'alice', '--clusterrole=admin', '--serviceaccount=team-a:alice'],
  ]) {
    const { code, stderr } = await cluster.kubectl(['--kubeconfig', cluster.adminKubeconfig, '-n', 'team-a', ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} exited ${code}: ${stderr}`);
  }
}

function objectsFor(cluster: string): string {
  const object = (kind: string, name: string, spec: object): string =>
    stringify({ apiVersion: 'gatehouse.dev/v1alpha1', kind, metadata: { name: `${cluster}-${name}` }, spec });
  const clusters = [cluster];
  const discovery = ['/', '/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/version', '/version/'];
  return [
    object('Mapping', 'alice', {
      subjects: [{ issuer: 'demo', user: 'demo:alice' }],
      clusters,
      serviceAccount: { namespace: 'team-a', name: 'alice' },
    }),
    object('Mapping', 'people', {
      subjects: ['demo:bob', 'demo:root'].map((user) => ({ issuer: 'demo', user })),
      clusters,
      impersonate: { user: { from: 'username' }, groups: [{ from: 'groups' }] },
    }),
    object('AccessRule', 'discovery', {
      subjects: [{ issuer: 'demo' }],
      clusters,
      rules: [
        { verbs: ['get', 'head'], nonResourceURLs: discovery },
        {
          verbs: ['create'],
          apiGroups: ['authorization.k8s.io', 'authentication.k8s.io'],
          resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'],
        },
      ],
    }),
    object('AccessRule', 'team-a-admins', {
      subjects: [{ issuer: 'demo', group: 'demo:team-a-admins' }],
      clusters,
      rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['team-a'] }],
    }),
    object('AccessRule', 'team-a-viewers', {
      subjects: [{ issuer: 'demo', group: 'demo:team-a-viewers' }],
      clusters,
      rules: [
        { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods', 'pods/log'], namespaces: ['team-a'] },
      ],
    }),
  ].join('---\n');
}
