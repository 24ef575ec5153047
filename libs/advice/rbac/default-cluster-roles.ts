import type { RbacRule } from './rbac-objects.ts';

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const WORKLOADS = 'daemonsets deployments deployments/scale replicasets replicasets/scale';
const IN_EXTENSIONS = `${WORKLOADS} ingresses networkpolicies replicationcontrollers/scale`;

/** Groups and resources separated by blanks; `-` is the core group. */
const rule = (apiGroups: string, resources: string, verbs: readonly string[]): RbacRule => ({
  apiGroups: apiGroups.split(' ').map((group) => (group === '-' ? '' : group)),
  resources: resources.split(' '),
  verbs: [...verbs],
});

const VIEW: readonly RbacRule[] = [
  rule(
    '-',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status namespaces',
    READ,
  ),
  rule('- events.k8s.io', 'events', READ),
  rule('discovery.k8s.io', 'endpointslices', READ),
  rule(
    'apps',
    `controllerrevisions ${WORKLOADS} daemonsets/status deployments/status replicasets/status statefulsets statefulsets/scale statefulsets/status`,
    READ,
  ),
  rule('autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status', READ),
  rule('batch', 'cronjobs cronjobs/status jobs jobs/status', READ),
  rule('extensions', `${IN_EXTENSIONS} daemonsets/status deployments/status ingresses/status replicasets/status`, READ),
  rule('policy', 'poddisruptionbudgets poddisruptionbudgets/status', READ),
  rule('networking.k8s.io', 'ingresses ingresses/status networkpolicies', READ),
  rule('resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates', READ),
];

const EDIT: readonly RbacRule[] = [
  ...VIEW,
  rule('-', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy', READ),
  rule('-', 'serviceaccounts', ['impersonate']),
  rule('-', 'pods pods/attach pods/exec pods/portforward pods/proxy', WRITE),
  rule('-', 'pods/eviction serviceaccounts/token', ['create']),
  rule(
    '-',
    'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
    WRITE,
  ),
  rule('- events.k8s.io', 'events', WRITE),
  rule('apps', `${WORKLOADS} deployments/rollback statefulsets statefulsets/scale`, WRITE),
  rule('autoscaling', 'horizontalpodautoscalers', WRITE),
  rule('batch', 'cronjobs jobs', WRITE),
  rule('extensions', `${IN_EXTENSIONS} deployments/rollback`, WRITE),
  rule('policy', 'poddisruptionbudgets', WRITE),
  rule('networking.k8s.io', 'ingresses networkpolicies', WRITE),
  rule('coordination.k8s.io', 'leases', [...READ, ...WRITE]),
  rule('resource.k8s.io', 'resourceclaims resourceclaimtemplates', WRITE),
];

/**
 * What Kubernetes 1.36 itself gives the four roles that people bind without ever seeing them. Used only where a binding
 * refers to one that the input leaves out; compared with a real API server's by a test.
 */
export const DEFAULT_CLUSTER_ROLES: ReadonlyMap<string, readonly RbacRule[]> = new Map([
  ['cluster-admin', [rule('*', '*', ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }]],
  [
    'admin',
    [
      ...EDIT,
      rule('authorization.k8s.io', 'localsubjectaccessreviews', ['create']),
      rule('rbac.authorization.k8s.io', 'rolebindings roles', [...READ, ...WRITE]),
    ],
  ],
  ['edit', EDIT],
  ['view', VIEW],
]);
