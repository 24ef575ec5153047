import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * Stands for a client whose address nobody could read. RFC 7239 section 6.2 has the word; it is no address, so that an
 * Allow by address does not hold for it, and a Deny by address does.
 */
export const UNKNOWN_ADDRESS = 'unknown';

export interface ReadAddress {
  /** In its shortest spelling, or `UNKNOWN_ADDRESS`. */
  readonly address: string;
  /** The entry of `X-Forwarded-For` that could not be read, for the record. */
  readonly unreadableHop?: string | undefined;
}

export interface AddressReader {
  /** Whether the peer may speak for others by `X-Forwarded-*`. */
  isTrusted(peerAddress: string): boolean;
  /** The client's address: the peer's, or, behind trusted proxies, the nearest address that is not one of theirs. */
  read(peerAddress: string | undefined, forwardedFor: string | undefined): ReadAddress;
}

/** A hop's words are there to find the proxy that wrote them. */
const MAX_SHOWN_HOP = 64;

/**
 * `X-Forwarded-For` is read from the right, and only as far as trusted proxies wrote it: what stands left of the first
 * untrusted address was written by that host. Load balancers write ports and brackets (`203.0.113.7:51234`,
 * `[2001:db8::9]:443`). An entry that cannot be read (`unknown`, `_hidden`, an empty one) stands for a client whose
 * address nobody knows; it must not count as the proxy, or rules for the proxy's network would hold for the internet.
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
      if (address === '') return { address: UNKNOWN_ADDRESS };
      if (forwardedFor === undefined || !isTrusted(address)) return { address };
      const hops = forwardedFor.split(',');
      for (let i = hops.length - 1; i >= 0 && isTrusted(address); i--) {
        const text = (hops[i] as string).trim();
        const hop = readHop(text);
        if (hop === undefined) return { address: UNKNOWN_ADDRESS, unreadableHop: text.slice(0, MAX_SHOWN_HOP) };
        address = hop;
      }
      return { address };
    },
  };
}

/** The address of one entry: bare, with a port behind an IPv4 address, or in brackets with or without a port. */
function readHop(text: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::([0-9]{1,5}))?$/.exec(text);
  if (bracketed) {
    const [, inner = '', port] = bracketed;
    return isPort(port) && isIP(inner) === 6 ? plain(inner) : undefined;
  }
  if (isIP(text) !== 0) return plain(text);
  const withPort = /^([0-9.]+):([0-9]{1,5})$/.exec(text);
  return withPort && isPort(withPort[2]) && isIP(withPort[1] as string) === 4 ? withPort[1] : undefined;
}

const isPort = (port: string | undefined): boolean => port === undefined || Number(port) <= 65_535;

/**
 * One spelling of each address: IPv6 in lower case with its zeros left out, without a zone (a name for a link of that
 * host alone), and an IPv4 client of a dual-stack socket (`::ffff:a.b.c.d`, `::ffff:cb00:7107`) as IPv4.
 */
function plain(address: string): string {
  if (!address.includes(':')) return address;
  const zoneAt = address.indexOf('%');
  const bare = zoneAt < 0 ? address : address.slice(0, zoneAt);
  if (isIP(bare) !== 6) return bare;
  const short = new SocketAddress({ address: bare, family: 'ipv6' }).address;
  return short.startsWith('::ffff:') && isIP(short.slice(7)) === 4 ? short.slice(7) : short;
}
