import { isLoopbackName } from '#outbound';
import type { Problem, ResourceObject } from '#resources';

/**
 * Addresses of an object that lead to the gateway's own machine and that `before` did not have. Who may write objects
 * by the API need not be who runs that machine: what listens there for its own people only must not be reached so.
 */
export function findNewLoopback(object: ResourceObject, before: ResourceObject | undefined): Problem[] {
  const known = new Set(addressesOf(before).map(([, address]) => address));
  return addressesOf(object)
    .filter(([, address]) => !known.has(address) && isLoopback(address))
    .map(([path]) => ({
      path,
      message:
        'must not be on the gateway’s own machine; whoever runs that may apply it there (gatehouse apply -f), or set outbound.insecureAllowLoopback',
    }));
}

function addressesOf(object: ResourceObject | undefined): [string, string][] {
  const { server, issuer } = (object?.spec ?? {}) as {
    server?: string;
    issuer?: { url?: string; discoveryURL?: string };
  };
  const found: [string, string | undefined][] =
    object?.kind === 'Cluster'
      ? [['spec.server', server]]
      : object?.kind === 'Issuer'
        ? [
            ['spec.issuer.url', issuer?.url],
            ['spec.issuer.discoveryURL', issuer?.discoveryURL],
          ]
        : [];
  return found.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

const isLoopback = (address: string): boolean => URL.canParse(address) && isLoopbackName(new URL(address).hostname);
