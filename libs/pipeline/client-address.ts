import { BlockList, isIP } from 'node:net';

export interface AddressReader {
  /** Whether the peer may speak for others by `X-Forwarded-*`. */
  isTrusted(peerAddress: string): boolean;
  /** The client's address: the peer's, or, behind trusted proxies, the nearest address that is not one of theirs. */
  read(peerAddress: string | undefined, forwardedFor: string | undefined): string;
}

/**
 * `X-Forwarded-For` is read from the right, and only as far as trusted proxies wrote it: what stands left of the first
 * untrusted address was written by whoever sits there. Anything that is no address ends the walk.
 *
 * @param trustedProxies addresses or CIDRs, validated by the configuration.
 */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean => {
    const family = isIP(address);
    return trustedProxies.length > 0 && family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  return {
    isTrusted: (peer) => isTrusted(plain(peer)),
    read(peerAddress, forwardedFor) {
      let address = plain(peerAddress ?? '');
      if (forwardedFor === undefined || !isTrusted(address)) return address || '0.0.0.0';
      const hops = forwardedFor.split(',');
      for (let i = hops.length - 1; i >= 0 && isTrusted(address); i--) {
        const hop = plain((hops[i] as string).trim());
        if (isIP(hop) === 0) break;
        address = hop;
      }
      return address;
    },
  };
}

/** IPv4 clients of a dual-stack socket show as `::ffff:a.b.c.d`. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
