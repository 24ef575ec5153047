import type { GatheredRequest } from './gather-requests.ts';

/** A gathered request as plain data; fields that a request does not have are left out. */
export interface ShownRequest {
  readonly count: number;
  /** RFC 3339. */
  readonly lastAt: string;
  /** Record of the newest one. */
  readonly auditId: string;
  readonly user: string;
  readonly issuer: string;
  readonly cluster: string;
  readonly verb: string;
  /** `team-a/pods/web/log.apps`-like text for a resource, the path for what is none. */
  readonly what: string;
}

export function showRequest({ count, lastAtMs, auditId, person, cluster, request }: GatheredRequest): ShownRequest {
  return {
    count,
    lastAt: new Date(lastAtMs).toISOString(),
    auditId,
    user: person.username,
    issuer: person.issuer,
    cluster,
    verb: request.verb,
    what: nameTarget(request),
  };
}

/** `team-a/pods.apps/web/log`: namespace, resource with its group, name, subresource; or the path. */
export function nameTarget(request: GatheredRequest['request']): string {
  const { isResource, namespace, resource, group, name, subresource, path } = request;
  if (!isResource) return path;
  return [namespace, group === '' ? resource : `${resource}.${group}`, name, subresource]
    .filter((part) => part !== '')
    .join('/');
}
