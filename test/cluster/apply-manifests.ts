import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiClient } from './call-api.ts';
import { sourceDirectory } from './locate-sources.ts';

interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

const plurals: Record<string, string> = {
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings',
  Namespace: 'namespaces',
  Node: 'nodes',
  Pod: 'pods',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
};

/** Reads every manifest, in the order of the file names, with `__NAMESPACE__` filled in. */
export function readManifests(folder: string, namespace = ''): KubernetesObject[] {
  const directory = join(sourceDirectory, 'manifests', folder);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) =>
      parseAllDocuments(readFileSync(join(directory, name), 'utf8').replaceAll('__NAMESPACE__', namespace)),
    )
    .map((document) => document.toJS() as KubernetesObject);
}

/** Applies objects one after the other by server-side apply, so that a second time changes nothing. */
export async function applyManifests(api: ApiClient, objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    const path = `${pathOf(object)}?fieldManager=gatehouse-test-cluster&force=true`;
    // Server-side apply takes JSON too, JSON being YAML.
    await api.read('PATCH', path, JSON.stringify(object), 'application/apply-patch+yaml');
  }
}

function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const plural = plurals[kind];
  if (plural === undefined) throw new Error(`manifests may not hold a ${kind}`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace ? `/namespaces/${metadata.namespace}` : '';
  return `${root}${namespace}/${plural}/${metadata.name}`;
}
