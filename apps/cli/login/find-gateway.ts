import { readFileSync } from 'node:fs';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import type { GatewayAddress } from './call-gateway.ts';
import type { CredentialCache } from './credential-cache.ts';
import type { ExecInfo } from './exec-info.ts';

export interface GatewayOptions {
  readonly server?: string;
  readonly certificateAuthority?: string;
}

/**
 * Which gateway is meant: the one that is named, or that kubectl speaks to, or the only one that there is a login for.
 * @throws CliFailure.
 */
export function findGateway(
  options: GatewayOptions,
  terminal: Pick<Terminal, 'env'>,
  cache: CredentialCache,
  info: ExecInfo | undefined,
): GatewayAddress {
  const named = options.server ?? info?.server ?? terminal.env.GATEHOUSE_SERVER;
  if (named === undefined) {
    const known = cache.all();
    if (known.length === 1 && known[0]) return known[0];
    throw new CliFailure(
      known.length === 0
        ? 'which gateway? Give --server https://…, or set GATEHOUSE_SERVER'
        : ['which gateway? Give --server with one of', ...known.map(({ url }) => `  ${url}`)],
    );
  }
  const url = readOrigin(named);
  return { url, caPem: readAuthority(options) ?? info?.caPem ?? cache.read(url)?.caPem };
}

/** Of a kubeconfig's server (`https://host/clusters/name`) the gateway is what comes before the path. */
function readOrigin(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new CliFailure(`${text} is no address like https://gatehouse.example.com`);
  }
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new CliFailure(`${text}: a token goes over https only (or http on this machine)`);
  return url.origin;
}

function readAuthority({ certificateAuthority: file }: GatewayOptions): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}
