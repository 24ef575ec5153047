import { neededActs } from '#policy';
import type { GatheredRequest } from '../replay/gather-requests.ts';

/** One thing that one request needed, in the words of a rule. */
export interface Right {
  readonly cluster: string;
  readonly verb: string;
  /** Undefined where it is about a URL. */
  readonly resource: ResourceRight | undefined;
  /** Path of a request that is for no resource. */
  readonly url: string | undefined;
}

/** The verb of OPTIONS is empty. Only the proxy of something that has a name takes it. */
export const isOptions = (verb: string): boolean => verb === '';

export interface ResourceRight {
  readonly group: string;
  /** `pods` or `pods/log`. */
  readonly resource: string;
  /** '' where the request was across all of them, or for what is in none. */
  readonly namespace: string;
  /** '' for any. */
  readonly name: string;
}

/** What the rules had to give for this request: an exec by WebSocket needs two rights, most need one. */
export function usedRights({ cluster, request, upgrade }: GatheredRequest): Right[] {
  return neededActs(request, upgrade).map(({ verb }): Right => {
    if (!request.isResource) return { cluster, verb, resource: undefined, url: request.path };
    const { group, resource, subresource, name } = request;
    // A namespace is in itself; naming it once is enough.
    const namespace = resource === 'namespaces' && group === '' ? '' : request.namespace;
    return {
      cluster,
      verb,
      resource: { group, resource: subresource === '' ? resource : `${resource}/${subresource}`, namespace, name },
      url: undefined,
    };
  });
}

export const keyOf = ({ cluster, verb, resource, url }: Right): string =>
  JSON.stringify([cluster, verb, url ?? null, ...(resource ? Object.values(resource) : [])]);

/** For people: `get pods/log in team-a`, `get /version`. */
export function describeRight({ verb, resource, url }: Right): string {
  if (resource === undefined) return `${verb} ${url ?? ''}`;
  const { group, resource: word, namespace, name } = resource;
  const what = group === '' ? word : `${word} (${group})`;
  return `${isOptions(verb) ? 'options' : verb} ${what}${name === '' ? '' : ` ${name}`}${namespace === '' ? '' : ` in ${namespace}`}`;
}
