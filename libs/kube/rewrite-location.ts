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

/** Path, query and fragment of an absolute or protocol-relative URL on `host`; undefined where it is elsewhere. */
function pathOnHost(location: string, host: string): string | undefined {
  const match = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is.exec(location);
  if (!match) return undefined;
  const [, scheme, authority, path] = match as unknown as [string, string | undefined, string, string];
  const port = scheme?.toLowerCase() === 'http' ? '80' : '443';
  return withPort(authority, port) === withPort(host, '443') ? path : undefined;
}

function withPort(authority: string, port: string): string {
  const lower = authority.toLowerCase();
  return /:[0-9]+$/.test(lower) ? lower : `${lower}:${port}`;
}
