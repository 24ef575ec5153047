import type { RequestInfo } from '#model';

const STREAMING = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);
/** Subresources of core pods that answer an upgrade of their own. */
const POD_STREAMS = new Set(['attach', 'exec', 'log', 'portforward']);
/** Subresources that every group has, and that never stream. */
const PLAIN = new Set(['', 'status', 'scale', 'finalize']);

/** Profiles, which run as many seconds as the query says. */
const PROFILES = '/debug/pprof/';

/** Rule 14: the API server sets no time-out on these, nor on paths below `/debug/pprof/`. */
export function isLongRunning(verb: string, subresource: string): boolean {
  return verb === 'watch' || verb === 'proxy' || STREAMING.has(subresource);
}

/** Of a request that is for no resource; `path` decoded. */
export const isLongRunningPath = (path: string): boolean => path.startsWith(PROFILES);

/** Subresources that hand out a stream into what they lead to. */
const CONNECT = new Set(['attach', 'exec', 'portforward', 'proxy']);

/** attach, exec, portforward, proxy: as strong as what they lead to, so that no rule may cover one by accident. */
export function isConnectSubresource(request: RequestInfo): boolean {
  return request.isResource && CONNECT.has(request.subresource);
}

/** attach, exec, log, portforward and proxy, of whatever resource. */
export function isStreamingSubresource(request: RequestInfo): boolean {
  return request.isResource && STREAMING.has(request.subresource);
}

/**
 * Whether an upgrade may be asked for here at all (kube-rules section 3); whether this person may is `#policy`'s.
 * Watches; exec, attach, log and portforward of pods; the proxies of services and pods; the verb `proxy`, which has to
 * be given by name; and any subresource of an aggregated API (KubeVirt's console and vnc), for which `#policy` asks for
 * `create`. Not `nodes/proxy`: an upgrade
 * there is an exec that skips the checks on pods.
 */
export function mayUpgrade(request: RequestInfo): boolean {
  const { method, group, resource, subresource } = request;
  if (!request.isResource || (method !== 'GET' && method !== 'POST')) return false;
  if (request.verb === 'watch') return subresource === '';
  if (request.verb === 'proxy') return true;
  if (request.name === '') return false;
  if (group !== '') return !PLAIN.has(subresource) && subresource !== 'proxy';
  if (subresource === 'proxy') return resource === 'services' || resource === 'pods';
  return resource === 'pods' && POD_STREAMS.has(subresource);
}
