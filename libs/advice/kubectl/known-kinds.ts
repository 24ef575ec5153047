/** A resource of an API, as discovery tells of it. */
export interface KnownKind {
  readonly group: string;
  readonly version: string;
  /** Plural, as it stands in paths. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

/** Group and version, then `resource[,short…]:Kind`, `-` before what is in no namespace. Kubernetes 1.36. */
const KUBERNETES: readonly (readonly [groupVersion: string, kinds: string])[] = [
  [
    'v1',
    `bindings:Binding -componentstatuses,cs:ComponentStatus configmaps,cm:ConfigMap endpoints,ep:Endpoints events,ev:Event
     limitranges,limits:LimitRange -namespaces,ns:Namespace -nodes,no:Node persistentvolumeclaims,pvc:PersistentVolumeClaim
     -persistentvolumes,pv:PersistentVolume pods,po:Pod podtemplates:PodTemplate replicationcontrollers,rc:ReplicationController
     resourcequotas,quota:ResourceQuota secrets:Secret serviceaccounts,sa:ServiceAccount services,svc:Service`,
  ],
  [
    'apps/v1',
    `controllerrevisions:ControllerRevision daemonsets,ds:DaemonSet deployments,deploy:Deployment replicasets,rs:ReplicaSet
     statefulsets,sts:StatefulSet`,
  ],
  ['autoscaling/v2', 'horizontalpodautoscalers,hpa:HorizontalPodAutoscaler'],
  ['batch/v1', 'cronjobs,cj:CronJob jobs:Job'],
  [
    'networking.k8s.io/v1',
    '-ingressclasses:IngressClass ingresses,ing:Ingress -ipaddresses,ip:IPAddress networkpolicies,netpol:NetworkPolicy -servicecidrs:ServiceCIDR',
  ],
  ['policy/v1', 'poddisruptionbudgets,pdb:PodDisruptionBudget'],
  [
    'rbac.authorization.k8s.io/v1',
    '-clusterrolebindings:ClusterRoleBinding -clusterroles:ClusterRole rolebindings:RoleBinding roles:Role',
  ],
  ['authentication.k8s.io/v1', '-selfsubjectreviews:SelfSubjectReview -tokenreviews:TokenReview'],
  [
    'authorization.k8s.io/v1',
    `localsubjectaccessreviews:LocalSubjectAccessReview -selfsubjectaccessreviews:SelfSubjectAccessReview
     -selfsubjectrulesreviews:SelfSubjectRulesReview -subjectaccessreviews:SubjectAccessReview`,
  ],
  ['certificates.k8s.io/v1', '-certificatesigningrequests,csr:CertificateSigningRequest'],
  ['coordination.k8s.io/v1', 'leases:Lease'],
  ['discovery.k8s.io/v1', 'endpointslices:EndpointSlice'],
  ['events.k8s.io/v1', 'events,ev:Event'],
  ['scheduling.k8s.io/v1', '-priorityclasses,pc:PriorityClass'],
  ['node.k8s.io/v1', '-runtimeclasses:RuntimeClass'],
  [
    'storage.k8s.io/v1',
    `-csidrivers:CSIDriver -csinodes:CSINode csistoragecapacities:CSIStorageCapacity -storageclasses,sc:StorageClass
     -volumeattachments:VolumeAttachment -volumeattributesclasses,vac:VolumeAttributesClass`,
  ],
  [
    'resource.k8s.io/v1',
    '-deviceclasses:DeviceClass resourceclaims:ResourceClaim resourceclaimtemplates:ResourceClaimTemplate -resourceslices:ResourceSlice',
  ],
  [
    'admissionregistration.k8s.io/v1',
    `-mutatingwebhookconfigurations:MutatingWebhookConfiguration -validatingwebhookconfigurations:ValidatingWebhookConfiguration
     -mutatingadmissionpolicies:MutatingAdmissionPolicy -mutatingadmissionpolicybindings:MutatingAdmissionPolicyBinding
     -validatingadmissionpolicies:ValidatingAdmissionPolicy -validatingadmissionpolicybindings:ValidatingAdmissionPolicyBinding`,
  ],
  ['apiextensions.k8s.io/v1', '-customresourcedefinitions,crd,crds:CustomResourceDefinition'],
  ['apiregistration.k8s.io/v1', '-apiservices:APIService'],
  [
    'flowcontrol.apiserver.k8s.io/v1',
    '-flowschemas:FlowSchema -prioritylevelconfigurations:PriorityLevelConfiguration',
  ],
  ['metrics.k8s.io/v1beta1', '-nodes:NodeMetrics pods:PodMetrics'],
];

/** What every cluster has; custom resources come from `readDiscovery`. */
export const KUBERNETES_KINDS: readonly KnownKind[] = KUBERNETES.flatMap(([groupVersion, kinds]) => {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  return kinds.split(/\s+/).map((text): KnownKind => {
    const [names = '', kind = ''] = text.replace(/^-/, '').split(':');
    const [resource = '', ...shortNames] = names.split(',');
    return { group, version, resource, kind, namespaced: !text.startsWith('-'), shortNames };
  });
});

/**
 * Finds what people call a resource: plural, singular or short name, `deployments.apps`, `deployments.v1.apps`. The first
 * in the order of the list wins, as with kubectl; resources of the core group and of Kubernetes come first.
 */
export function findKind(word: string, kinds: readonly KnownKind[]): KnownKind | undefined {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const group = rest.join('.');
  const named = kinds.filter(
    ({ resource, kind, shortNames }) => resource === name || kind.toLowerCase() === name || shortNames.includes(name),
  );
  if (group === '') return named[0];
  return (
    named.find((entry) => entry.group === group) ?? named.find((entry) => `${entry.version}.${entry.group}` === group)
  );
}

/** The kind that a manifest names. */
export function findManifestKind(apiVersion: string, kind: string, kinds: readonly KnownKind[]): KnownKind | undefined {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const named = kinds.filter((entry) => entry.kind === kind && entry.group === group);
  const exact = named.find((entry) => entry.version === version) ?? named[0];
  return exact && { ...exact, version };
}

/** Path of a resource: of one object where a name is given; across all namespaces where none is. */
export function pathOf(
  { group, version, resource, namespaced }: KnownKind,
  namespace: string | undefined,
  ...rest: readonly string[]
): string {
  const base = group === '' ? ['api', version] : ['apis', group, version];
  const place = namespaced && namespace !== undefined ? ['namespaces', namespace] : [];
  return `/${[...base, ...place, resource, ...rest].map(encodeURIComponent).join('/').replaceAll('%3A', ':')}`;
}
