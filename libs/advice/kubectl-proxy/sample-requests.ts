import { KUBERNETES_KINDS, pathOf } from '../kubectl/known-kinds.ts';

const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  pods: ['log', 'exec', 'attach', 'portforward', 'proxy', 'status', 'eviction', 'ephemeralcontainers'],
  services: ['proxy', 'status'],
  nodes: ['proxy', 'status'],
  'deployments.apps': ['scale', 'status'],
  serviceaccounts: ['token'],
};
const URLS = [
  '/',
  '/api',
  '/apis',
  '/apis/apps',
  '/version',
  '/healthz',
  '/livez',
  '/metrics',
  '/logs/',
  '/openapi/v3',
  '/debug/pprof/',
];
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Paths of every kind of request that Kubernetes has, with the words of some expressions as namespaces and names, so
 * that what they mean is among them.
 */
export function samplePaths(expressions: readonly string[]): string[] {
  const words = new Set(expressions.flatMap((text) => text.match(/[a-z0-9][a-z0-9-]{2,40}/g) ?? []));
  const namespaces = ['default', ...[...words].slice(0, 4)];
  const names = ['web', ...[...words].slice(0, 2)];
  const paths = new Set(URLS);
  for (const kind of KUBERNETES_KINDS) {
    for (const namespace of kind.namespaced ? [undefined, ...namespaces] : [undefined]) {
      paths.add(pathOf(kind, namespace));
      if (kind.namespaced && namespace === undefined) continue;
      for (const name of names) {
        paths.add(pathOf(kind, namespace, name));
        for (const subresource of SUBRESOURCES[kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`] ??
          []) {
          paths.add(pathOf(kind, namespace, name, subresource));
          if (subresource === 'proxy') paths.add(`${pathOf(kind, namespace, name, subresource)}/a/b`);
        }
      }
    }
  }
  return [...paths];
}
