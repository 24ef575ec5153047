import { admin } from './cluster-admin.ts';

const GRANT = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'accounts-tokens', namespace: 'team-a' },
      rules: [
        { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['deployer'], verbs: ['create'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'accounts-tokens', namespace: 'team-a' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'accounts-tokens' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'gatehouse-accounts' }],
    },
  ],
});

/** The service account team-a/deployer, who may edit there. */
export async function makeDeployer(): Promise<void> {
  await admin(['-n', 'team-a', 'create', 'serviceaccount', 'deployer']);
  const binding = ['rolebinding', 'deployer', '--clusterrole=edit', '--serviceaccount=team-a:deployer'];
  await admin(['-n', 'team-a', 'create', ...binding]);
}

/** Lets the user gatehouse-accounts ask for tokens of it, and of nobody else. */
export async function grantTokens(): Promise<void> {
  await admin(['apply', '-f', '-'], GRANT);
}

export async function removeDeployer(): Promise<void> {
  for (const what of ['rolebinding/deployer', 'rolebinding/accounts-tokens', 'role/accounts-tokens', 'sa/deployer'])
    await admin(['-n', 'team-a', 'delete', '--ignore-not-found', what]);
}
