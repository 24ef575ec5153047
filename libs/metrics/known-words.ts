import type { RequestInfo } from '#model';
import type { EndedRequest } from './ports.ts';

export const OTHER = 'other';
/** What is asked for by path only: `/version`, `/openapi/v3`, … */
const NO_RESOURCE = 'nonresource';
/** Resources with their subresources, over all clusters; a large cluster with many operators has some hundred. */
const MAX_RESOURCES = 400;
const MAX_LENGTH = 100;

/** The words that may stand in labels. */
export interface KnownWords {
  clusterOf(ended: EndedRequest): string;
  /** `pods`, `pods/log`, …; `other` until a cluster has answered for it with success. */
  resourceOf(ended: EndedRequest): string;
}

/**
 * A resource becomes a word once a cluster has answered for it with success, a cluster once policy has allowed a
 * request to it: neither can be made up by whoever asks. Beyond the bound new ones stay `other`.
 */
export function createKnownWords(): KnownWords {
  const clusters = new Set<string>();
  const resources = new Map<string, Map<string, string>>();
  let count = 0;

  function learn(info: RequestInfo): string {
    const { resource, subresource } = info;
    const label = subresource === '' ? resource : `${resource}/${subresource}`;
    if (count >= MAX_RESOURCES || label.length > MAX_LENGTH) return OTHER;
    let bySubresource = resources.get(resource);
    if (!bySubresource) resources.set(resource, (bySubresource = new Map()));
    bySubresource.set(subresource, label);
    count++;
    return label;
  }

  return {
    clusterOf({ cluster, allowed }) {
      if (clusters.has(cluster)) return cluster;
      if (!allowed) return OTHER;
      clusters.add(cluster);
      return cluster;
    },
    resourceOf({ request, allowed, statusCode }) {
      if (!request) return OTHER;
      if (!request.isResource) return NO_RESOURCE;
      const known = resources.get(request.resource)?.get(request.subresource);
      if (known !== undefined) return known;
      return allowed && statusCode > 100 && statusCode < 400 ? learn(request) : OTHER;
    },
  };
}
