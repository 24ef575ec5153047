import type { OwnObject } from './own-objects.ts';

/**
 * `kubectl --as`: alice acts on the cluster `acting` (the demo's, by a credential of its own whose RBAC
 * `gatehouse rbac` made) as demo:operator with the group demo:team-a-admins, and as two service accounts.
 */
export const SUBJECTS = [{ issuer: 'demo', user: 'demo:alice' }];
const impersonate = (resources: string[], resourceNames: string[], more: object = {}) => ({
  verbs: ['impersonate'],
  apiGroups: ['', 'authentication.k8s.io'],
  resources,
  resourceNames,
  ...more,
});
export const MAPPINGS: OwnObject[] = [
  {
    kind: 'Mapping',
    name: 'acting',
    spec: { subjects: SUBJECTS, clusters: ['acting'], impersonate: { user: { from: 'username' } } },
  },
  {
    kind: 'Mapping',
    name: 'acting-account',
    spec: {
      subjects: [{ issuer: 'demo', user: 'demo:bob' }],
      clusters: ['acting'],
      serviceAccount: { namespace: 'team-a', name: 'dave' },
    },
  },
];
/** alice and whom she acts as; both must pass. Nobody acts as demo:stranger, who may do the same. */
export const MAY: OwnObject = {
  kind: 'AccessRule',
  name: 'acting-may',
  spec: {
    subjects: [
      ...SUBJECTS,
      ...['demo:bob', 'demo:operator', 'demo:stranger', 'démo:ünïcode', 'system:serviceaccount:team-a:dave'].map(
        (user) => ({ issuer: 'demo', user }),
      ),
    ],
    clusters: ['acting'],
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['team-a'] },
      { verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version'] },
    ],
  },
};
export const ONLY_ALICE: OwnObject = {
  kind: 'AccessRule',
  name: 'acting-only-alice',
  spec: {
    subjects: SUBJECTS,
    clusters: ['acting'],
    rules: [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['nodes'] },
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['team-b'] },
    ],
  },
};
export const AS: OwnObject = {
  kind: 'AccessRule',
  name: 'acting-as',
  spec: {
    subjects: [...SUBJECTS, { issuer: 'demo', user: 'demo:bob' }],
    clusters: ['acting'],
    rules: [
      impersonate(['users'], ['demo:operator', 'demo:unheard-of', 'démo:ünïcode']),
      impersonate(['groups'], ['demo:team-a-admins', 'demo:a,b']),
      impersonate(['uids'], ['7']),
      impersonate(['userextras/example.com/ticket'], ['T-1', 'T-2']),
      impersonate(['serviceaccounts'], ['dave'], { namespaces: ['team-a'] }),
    ],
  },
};

/** What the cluster's own RBAC lets demo:alice do: act as these, but not as demo:unheard-of. */
export const CONSENT = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'acting-alice' },
  rules: [
    { apiGroups: [''], resources: ['users'], resourceNames: ['demo:operator', 'démo:ünïcode'] },
    { apiGroups: [''], resources: ['groups'], resourceNames: ['demo:team-a-admins', 'demo:a,b'] },
    { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['dave'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['uids', 'userextras/example.com/ticket'] },
  ].map((rule) => ({ ...rule, verbs: ['impersonate'] })),
};
