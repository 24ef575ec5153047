import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { judgeAddress } from './judge-address.ts';

export interface GuardedConnect {
  /** For `net.connect` and `tls.connect`, which call it for names only. */
  readonly lookup: LookupFunction;
  /** For a host that is an address already, and so is never looked up. @throws Error with code `EADDRREFUSED`. */
  checkHost(host: string): void;
}

/**
 * Lets a connection go only to addresses that the gateway may connect to. One bad address among several refuses the
 * name: which of them is tried is not ours to say.
 * @param resolve as `dns.lookup`.
 */
export function guardConnect(allowLoopback: boolean, resolve: typeof lookupName = lookupName): GuardedConnect {
  const refusal = (host: string, address: string): Error | undefined => {
    const kind = judgeAddress(address);
    if (kind === 'ordinary' || (kind === 'loopback' && allowLoopback)) return undefined;
    const what = kind === 'loopback' ? 'this machine' : 'a link-local, metadata or reserved address';
    const shown = host === address ? host : `${host} (${address})`;
    return Object.assign(new Error(`${shown} is ${what}, where the gateway does not connect to`), {
      code: 'EADDRREFUSED',
    });
  };
  const lookup = (
    host: string,
    options: LookupOptions,
    tell: (error: Error | null, address?: string | LookupAddress[], family?: number) => void,
  ): void => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return tell(error);
      for (const { address } of addresses) {
        const refused = refusal(host, address);
        if (refused) return tell(refused);
      }
      if (options.all) return tell(null, addresses);
      const [first] = addresses;
      return first ? tell(null, first.address, first.family) : tell(new Error(`${host} has no address`));
    });
  };
  return {
    lookup: lookup as unknown as LookupFunction,
    checkHost(host) {
      const bare = host.replace(/^\[|\]$/g, '');
      const refused = isIP(bare) === 0 ? undefined : refusal(bare, bare);
      if (refused) throw refused;
    },
  };
}
