import type { RequestInfo } from '#model';

/** What rules must give: RBAC rules by verb, raw rules by method. */
export interface Act {
  readonly verb: string;
  readonly method: string;
}

const CREATE: Act = { verb: 'create', method: 'POST' };
const IS_OF_ITSELF = new Set(['watch', 'proxy']);
const POD_COMMANDS = new Set(['attach', 'exec', 'portforward']);

/**
 * Every act that a request amounts to; each must be allowed by some rule and denied by none. exec, attach and
 * port-forward run commands or reach ports whatever the method is, so they need `create`, and by GET (WebSocket) also
 * `get`, as the API server asks since 1.35. An upgrade of another subresource (KubeVirt's console) is a stream of
 * unknown power: `create` too. A proxy goes by its method, as in RBAC; a watch, and the verb `proxy`, are what they are
 * however they are carried.
 */
export function neededActs(request: RequestInfo, upgrade: boolean): readonly Act[] {
  const own: Act = { verb: request.verb, method: request.method };
  if (request.verb === 'create') return [own];
  const runs =
    request.isResource && request.group === '' && request.resource === 'pods' && POD_COMMANDS.has(request.subresource);
  const streams = upgrade && request.subresource !== 'proxy' && !IS_OF_ITSELF.has(request.verb);
  return runs || streams ? [own, CREATE] : [own];
}

const CONNECT = new Set(['attach', 'exec', 'portforward', 'proxy']);
/** As strong as another resource than their parent (kube-rules 1.16): tokens, the end of a pod, code inside one. */
const NEVER_BY_PARENT = new Set(['serviceaccounts/token', 'pods/eviction', 'pods/ephemeralcontainers']);

/**
 * Index of the raw path segment that an allowing path rule must spell out literally, or -1: that of a connect
 * subresource, of one that is never given by its parent, and of whatever is upgraded.
 */
export function literalSegmentOf(request: RequestInfo, upgrade: boolean): number {
  const { isResource, resource, subresource, namespace } = request;
  if (!isResource || subresource === '') return -1;
  if (!upgrade && !CONNECT.has(subresource) && !NEVER_BY_PARENT.has(`${resource}/${subresource}`)) return -1;
  const isNamespaceItself = resource === 'namespaces' && (subresource === 'status' || subresource === 'finalize');
  return (request.apiPrefix === 'api' ? 2 : 3) + (namespace !== '' && !isNamespaceItself ? 2 : 0) + 2;
}
