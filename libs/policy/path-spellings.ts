import { decodedHead, readingsOfTail, trimEnd } from '#kube';
import type { RequestInfo } from '#model';

/** The path that an allowing rule is matched with: the raw one. The API server trims a trailing slash off resources. */
export function allowedPath(request: RequestInfo): string {
  const { rawPath } = request;
  const trim = request.isResource && request.proxyTail === '' && rawPath.length > 1 && rawPath.endsWith('/');
  return trim ? rawPath.slice(0, -1) : rawPath;
}

/**
 * The paths that a denying rule is matched with: every spelling under which the API server, or a server behind its
 * proxy, may find the same thing. `%73ecrets` is secrets; behind a proxy `admin;x\users` may be admin/users.
 */
export function deniedPaths(request: RequestInfo): readonly string[] {
  const { rawPath, path, proxyTail } = request;
  const spellings = new Set([rawPath, path, withoutTrailingSlashes(rawPath), withoutTrailingSlashes(path)]);
  if (proxyTail !== '') {
    const head = decodedHead(rawPath.slice(0, rawPath.length - proxyTail.length));
    for (const reading of readingsOfTail(proxyTail)) {
      spellings.add(head + reading);
      spellings.add(withoutTrailingSlashes(head + reading));
    }
  }
  return [...spellings];
}

/** Of the root the slash itself stays. */
const withoutTrailingSlashes = (path: string): string => trimEnd(path, '/') || '/';

export const segmentsOf = (path: string): readonly string[] => path.slice(1).split('/');
