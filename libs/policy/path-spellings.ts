import type { RequestInfo } from '#model';

/** The path that an allowing rule is matched with: the raw one. The API server trims a trailing slash off resources. */
export function allowedPath(request: RequestInfo): string {
  const { rawPath } = request;
  const trim = request.isResource && request.proxyTail === '' && rawPath.length > 1 && rawPath.endsWith('/');
  return trim ? rawPath.slice(0, -1) : rawPath;
}

/**
 * The paths that a denying rule is matched with: every spelling under which the API server, or what stands behind its
 * proxy, would find the same thing. `%73ecrets` is secrets, `admin%2Fx` is admin/x, `//` may be `/`.
 */
export function deniedPaths(request: RequestInfo): readonly string[] {
  const { rawPath, path } = request;
  const spellings = new Set([rawPath]);
  if (path !== rawPath) spellings.add(path);
  if (path.includes('//')) spellings.add(path.replace(/\/{2,}/g, '/'));
  const trimmed = [...spellings].map((spelling) => (spelling.length > 1 ? spelling.replace(/\/+$/, '') : spelling));
  return [...new Set([...spellings, ...trimmed])];
}

export const segmentsOf = (path: string): readonly string[] => path.slice(1).split('/');
