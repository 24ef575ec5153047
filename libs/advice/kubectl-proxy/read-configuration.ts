import type { OldFilter } from './old-filter.ts';
import type { ProxyFlags } from './proxy-flags.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What of the flags is configuration of the gateway: where it listens, and for which names it answers. */
export function readConfiguration(
  flags: ProxyFlags,
  { acceptHosts }: OldFilter,
  warnings: string[],
): Record<string, unknown> {
  const configuration: Record<string, unknown> = {};
  if (flags.unixSocket === undefined) {
    const listen = { host: flags.address, ...(flags.port > 0 ? { port: flags.port } : {}) };
    configuration.listen = listen;
  }
  const hosts = flags.disableFilter ? [] : acceptHosts.map(({ text }) => ({ text, host: nameOf(text) }));
  for (const { text } of hosts.filter(({ host }) => host === undefined))
    warnings.push(
      `--accept-hosts ${JSON.stringify(text)} is no single name; allowedHosts of gatehouse.yaml takes names only: list those that clients really use`,
    );
  const names = hosts.flatMap(({ host }) => (host === undefined || LOOPBACK.has(host) ? [] : [host]));
  if (names.length > 0) configuration.allowedHosts = names;
  return configuration;
}

/** `^web\.example\.com$` is a name; anything less exact is not. */
function nameOf(expression: string): string | undefined {
  const [, inner] = /^\^(.*)\$$/.exec(expression) ?? [];
  if (inner === undefined) return undefined;
  const name = inner.replace(/\\([-.:[\]])/g, '$1');
  return /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])$/.test(name) && !/[^\\]\./.test(inner) ? name : undefined;
}
