import type { ApiClient } from './call-api.ts';
import type { ResolveTarget } from './proxy-egress.ts';
import { nodeAddress } from './node-address.ts';

interface PodList {
  items: { metadata: { namespace: string; name: string } }[];
}

/** A deleted pod's address is another pod's soon; long enough for a burst of requests. */
const cacheMilliseconds = 5000;

/**
 * The kubelet is where its node says; port 8080 of a pod is the page of that
 * name. Everything else is refused, so that this proxy opens nothing on the host.
 */
export function resolvePodAddresses(
  api: ApiClient,
  kubeletPort: number,
  pages: ReadonlyMap<string, number>,
): ResolveTarget {
  const cache = new Map<string, { pod: string | undefined; until: number }>();
  const findPod = async (address: string) => {
    const known = cache.get(address);
    if (known && known.until > Date.now()) return known.pod;
    const list = await api.read<PodList>(
      'GET',
      `/api/v1/pods?fieldSelector=${encodeURIComponent(`status.podIP=${address}`)}`,
    );
    const metadata = list.items[0]?.metadata;
    const pod = metadata && `${metadata.namespace}/${metadata.name}`;
    if (pod) cache.set(address, { pod, until: Date.now() + cacheMilliseconds });
    return pod;
  };
  return async (host, port) => {
    if (host === nodeAddress.host) return port === nodeAddress.port ? kubeletPort : undefined;
    const pod = port === 8080 ? await findPod(host) : undefined;
    return pod === undefined ? undefined : pages.get(pod);
  };
}
