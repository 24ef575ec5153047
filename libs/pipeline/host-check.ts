/**
 * Only configured hosts answer: a page on another name that resolves to this address (DNS rebinding) is refused
 * before anything is read of it. A name without a port stands for the external URL's port too.
 */
export function createHostCheck(
  externalUrl: string,
  allowedHosts: readonly string[],
): (host: string | undefined) => boolean {
  const external = new URL(externalUrl);
  const defaultPort = external.protocol === 'https:' ? '443' : '80';
  const accepted = new Set<string>();
  const accept = (host: string): void => {
    const lower = host.toLowerCase();
    accepted.add(lower);
    if (lower.endsWith(`:${defaultPort}`)) accepted.add(lower.slice(0, -defaultPort.length - 1));
    else if (!/:\d+$/.test(lower)) accepted.add(`${lower}:${defaultPort}`);
  };
  accept(external.host);
  for (const host of allowedHosts) {
    accept(host);
    if (!/:\d+$/.test(host) && external.port) accepted.add(`${host.toLowerCase()}:${external.port}`);
  }
  return (host) => host !== undefined && accepted.has(host.toLowerCase());
}
