import type { Exchange } from './exchange.ts';
import type { ForwardInput } from './ports.ts';

/** Ends an exchange whose upstream could not be reached, did not answer in time, or was lost. */
export function failUnreachable(exchange: Exchange, input: Pick<ForwardInput, 'upstream'>, error: unknown): void {
  const { code } = error as { code?: string };
  const cluster = `cluster "${input.upstream.name}"`;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return exchange.fail('upstreamTimeout', `${cluster} did not answer in time`, error);
  exchange.fail('upstreamUnavailable', `${cluster} cannot be reached`, error);
}
