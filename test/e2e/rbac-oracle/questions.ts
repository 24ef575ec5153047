import { parseRequest } from '#kube';
import type { RequestInfo } from '#model';

/** Resource, group and version, subresources; `-` before a name: in no namespace. */
const RESOURCES: readonly (readonly [string, string, readonly string[]])[] = [
  ['pods', 'api/v1', ['log', 'status', 'exec', 'attach', 'portforward', 'proxy', 'eviction', 'ephemeralcontainers']],
  ['services', 'api/v1', ['proxy', 'status']],
  ['configmaps', 'api/v1', []],
  ['secrets', 'api/v1', []],
  ['serviceaccounts', 'api/v1', ['token']],
  ['-nodes', 'api/v1', ['proxy', 'status']],
  ['-namespaces', 'api/v1', ['status', 'finalize']],
  ['pods', 'apis/apps/v1', []],
  ['deployments', 'apis/apps/v1', ['scale', 'status']],
  ['roles', 'apis/rbac.authorization.k8s.io/v1', []],
  ['-clusterroles', 'apis/rbac.authorization.k8s.io/v1', []],
  ['-selfsubjectaccessreviews', 'apis/authorization.k8s.io/v1', []],
  ['widgets', 'apis/example.com/v1alpha1', ['scale', 'proxy']],
];
const NAMES = ['web', 'web:80', 'http:web:80', 'other'];
const CLUSTER_NAMES = ['team-a', 'node-1', 'web'];
const ON_NAMED = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ON_SUBRESOURCE = ON_NAMED.filter((method) => method !== 'HEAD');
const URLS = `
  / /api /apis /apis/apps /apis/apps/v1 /apis/apps/v1/ /version /version/ /healthz /healthz/etcd /livez
  /metrics /metrics/cadvisor /metricsx /logs /logs/ /logs/a/b /debug /debug/ /debug/pprof/profile
  /openapi/v3 /openapi/v3/x /openapi/*/x /oracle`
  .trim()
  .split(/\s+/);

/** Every shape of request that the rules can tell apart, as the engine reads it from bytes. */
export function questions(): RequestInfo[] {
  const targets: [string, string][] = [];
  for (const [spelled, base, subresources] of RESOURCES) {
    const namespaced = !spelled.startsWith('-');
    const resource = spelled.replace('-', '');
    for (const namespace of namespaced ? ['team-a', 'team-b', ''] : ['']) {
      const all = `/${base}/${namespace === '' ? '' : `namespaces/${namespace}/`}${resource}`;
      targets.push(['GET', all], ['GET', `${all}?watch=1`], ['POST', all], ['DELETE', all]);
      targets.push(['GET', `${all}?fieldSelector=metadata.name%3Dweb`]);
      if (namespaced && namespace === '') continue;
      for (const name of namespaced ? NAMES : CLUSTER_NAMES) {
        for (const method of ON_NAMED) targets.push([method, `${all}/${name}`]);
        for (const subresource of subresources) {
          if (name === 'other') continue;
          for (const method of ON_SUBRESOURCE) targets.push([method, `${all}/${name}/${subresource}`]);
          if (subresource === 'proxy')
            targets.push(['GET', `${all}/${name}/proxy/`], ['POST', `${all}/${name}/proxy/a/b`]);
        }
      }
    }
  }
  for (const url of URLS) for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) targets.push([method, url]);
  return targets.map(([method, target]) => {
    const parsed = parseRequest(method, target);
    if (!parsed.ok) throw new Error(`${method} ${target}: ${parsed.message}`);
    return parsed.request;
  });
}
