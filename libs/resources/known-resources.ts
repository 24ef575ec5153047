import { closestWord } from './closest-word.ts';

/** Kubernetes' own resources by API group; custom resources are in other groups. */
const RESOURCES: Readonly<Record<string, string>> = {
  '': 'bindings componentstatuses configmaps endpoints events groups limitranges namespaces nodes persistentvolumeclaims persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services users',
  'admissionregistration.k8s.io':
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  'apiextensions.k8s.io': 'customresourcedefinitions',
  'apiregistration.k8s.io': 'apiservices',
  apps: 'controllerrevisions daemonsets deployments replicasets statefulsets',
  'authentication.k8s.io': 'selfsubjectreviews tokenreviews uids userextras',
  'authorization.k8s.io':
    'localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews',
  autoscaling: 'horizontalpodautoscalers',
  batch: 'cronjobs jobs',
  'certificates.k8s.io': 'certificatesigningrequests clustertrustbundles podcertificaterequests',
  'coordination.k8s.io': 'leasecandidates leases',
  'discovery.k8s.io': 'endpointslices',
  'events.k8s.io': 'events',
  'flowcontrol.apiserver.k8s.io': 'flowschemas prioritylevelconfigurations',
  'gatehouse.dev':
    'accessreviews accessruledryruns accessrules accesstokens auditevents clusters issuers mappings selfaccessreviews serviceidentities sessions users',
  'metrics.k8s.io': 'nodes pods',
  'networking.k8s.io': 'ingressclasses ingresses ipaddresses networkpolicies servicecidrs',
  'node.k8s.io': 'runtimeclasses',
  policy: 'poddisruptionbudgets',
  'rbac.authorization.k8s.io': 'clusterrolebindings clusterroles rolebindings roles',
  'resource.k8s.io': 'deviceclasses devicetaintrules resourceclaims resourceclaimtemplates resourceslices',
  'scheduling.k8s.io': 'priorityclasses workloads',
  'storage.k8s.io': 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses',
};
const GROUPS = new Map(Object.entries(RESOURCES).map(([group, words]) => [group, words.split(' ')]));

/**
 * What was probably meant by a resource that none of these groups has, in words; undefined where one has it, or where
 * a group may hold anything. A rule with a misspelt resource matches nothing, and a Deny then denies nothing.
 */
export function findMisspeltResource(resource: string, apiGroups: readonly string[]): string | undefined {
  const [word = ''] = resource.split('/');
  if (word === '*' || apiGroups.length === 0 || apiGroups.some((group) => !GROUPS.has(group))) return undefined;
  const known = apiGroups.flatMap((group) => GROUPS.get(group) ?? []);
  if (known.includes(word)) return undefined;
  const elsewhere = [...GROUPS].filter(([, words]) => words.includes(word)).map(([group]) => JSON.stringify(group));
  if (elsewhere.length > 0) return `it is in API group ${elsewhere.join(' and ')}`;
  const meant = closestWord(word, known) ?? closestWord(word, [...GROUPS.values()].flat());
  return meant === undefined ? 'Kubernetes has no such resource there' : `did you mean "${meant}"?`;
}
