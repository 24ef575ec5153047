import type { RequestInfo } from '#model';

/** Segments that an allowing path rule is matched with: the raw ones. The API server trims a trailing slash off resources. */
export function allowedSegments(request: RequestInfo): readonly string[] {
  const { rawPath } = request;
  const trim = request.isResource && request.proxyTail === '' && rawPath.length > 1 && rawPath.endsWith('/');
  return rawPath.slice(1, trim ? -1 : undefined).split('/');
}

/**
 * Segments that a denying path rule is matched with: every spelling under which the API server, or what stands
 * behind its proxy, would find the same thing. `%73ecrets` is secrets, `admin%2Fx` is admin/x, `//` may be `/`.
 */
export function deniedSegments(request: RequestInfo): readonly (readonly string[])[] {
  const { rawPath, path } = request;
  const spellings = new Set([rawPath]);
  if (path !== rawPath) spellings.add(path);
  if (path.includes('//')) spellings.add(path.replace(/\/{2,}/g, '/'));
  const trimmed = [...spellings].map((spelling) => (spelling.length > 1 ? spelling.replace(/\/+$/, '') : spelling));
  return [...new Set([...spellings, ...trimmed])].map((spelling) => spelling.slice(1).split('/'));
}
