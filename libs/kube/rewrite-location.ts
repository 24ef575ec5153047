/** Where the client finds what the upstream's `Location` names. Only what stays on the upstream is rewritten. */
export function rewriteLocation(
  location: string,
  where: { readonly clusterPrefix: string; readonly upstreamHost: string; readonly basePath: string },
): string {
  const path =
    location.startsWith('/') && !/^\/[/\\]/.test(location) ? location : pathOnHost(location, where.upstreamHost);
  if (path === undefined) return location;
  const { basePath } = where;
  const under =
    basePath !== '' && path.startsWith(basePath) && /^(?:$|[/?#])/.test(path.slice(basePath.length))
      ? path.slice(basePath.length)
      : path;
  return where.clusterPrefix + (under.startsWith('/') ? under : `/${under}`);
}

/**
 * Path, query and fragment of an absolute or protocol-relative URL on `host`; undefined where it is elsewhere. A cluster
 * that listens on 443 has no port in `Host`, and applications build `http://<Host>/…` from it (they see no TLS behind the
 * API server's proxy), so there the default port of http is the cluster's own too.
 */
function pathOnHost(location: string, host: string): string | undefined {
  const match = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is.exec(location);
  if (!match) return undefined;
  const [, scheme, authority, path] = match as unknown as [string, string | undefined, string, string];
  const own = withPort(host, '443');
  if (withPort(authority, '443') === own) return path;
  const isHttp = scheme?.toLowerCase() === 'http';
  return isHttp && own.endsWith(':443') && withPort(authority, '80') === `${own.slice(0, -4)}:80` ? path : undefined;
}

function withPort(authority: string, port: string): string {
  const lower = authority.toLowerCase();
  return /:[0-9]+$/.test(lower) ? lower : `${lower.replace(/:$/, '')}:${port}`;
}
