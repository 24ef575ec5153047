import type { ErrorCode } from '#errors';
import type { RequestInfo } from '#model';
import { bytesToText, decodeQueryBytes } from './decode-percent.ts';
import { nameRequiredBy } from './field-selector.ts';
import { isInt64, isLabelSelector } from './label-selector.ts';
import { readPath } from './read-path.ts';
import { readQuery, type QueryParameters } from './read-query.ts';
import { isLongRunning, isLongRunningPath } from './streaming.ts';

export type ParsedRequest =
  | { readonly ok: true; readonly request: RequestInfo }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Verb of a resource request, and of another one, by method. Methods that are not here are unknown and refused. */
const METHODS = new Map([
  ['GET', { verb: 'get', lower: 'get' }],
  ['HEAD', { verb: 'get', lower: 'head' }],
  ['POST', { verb: 'create', lower: 'post' }],
  ['PUT', { verb: 'update', lower: 'put' }],
  ['PATCH', { verb: 'patch', lower: 'patch' }],
  ['DELETE', { verb: 'delete', lower: 'delete' }],
  // Accepted for the subresource `proxy` only; see below.
  ['OPTIONS', { verb: '', lower: 'options' }],
]);

/** Bytes; kube-rules section 4. */
export const MAX_TARGET_LENGTH = 64 * 1024;

/**
 * Reads a request as the API server's `RequestInfoFactory` does, or refuses it (kube-rules section 1).
 *
 * Guarantees: what is accepted has exactly one reading, the API server's, whatever decodes it once; `request.target`
 * is `target` itself, to be forwarded byte for byte. Nothing but the strict subset of kube-rules is refused.
 *
 * @param target the request target as `req.url` gives it (one char a byte), without the cluster prefix.
 * @returns codes `badMethod`, `badTarget`, `targetTooLong`, `badPath`, `doubleSlash`, `badQuery`, `legacyPrefix`.
 * @example parseRequest('GET', '/api/v1/namespaces/team-a/pods?watch=1') // verb 'watch', resource 'pods'
 */
export function parseRequest(method: string, target: string): ParsedRequest {
  const methodWords = METHODS.get(method);
  if (methodWords === undefined) return BAD_METHOD;
  if (target.length > MAX_TARGET_LENGTH) return refuse('targetTooLong', 'the request target is longer than 64 KiB');
  if (target.charCodeAt(0) !== 0x2f) return refuse('badTarget', 'the request target must be a path that starts with /');

  const path = readPath(target);
  if (!path.ok) return path;
  const query = path.end < target.length ? readQuery(target, path.end + 1) : undefined;
  if (typeof query === 'string') return refuse('badQuery', query);

  const rawPath = path.end === target.length ? target : target.slice(0, path.end);
  const { segments } = path;
  const apiPrefix = segments[0];
  // Rules 3 and 4: fewer than three segments, or four under /apis, is no resource.
  const versionAt = apiPrefix === 'api' ? 1 : apiPrefix === 'apis' ? 2 : 0;
  if (versionAt === 0 || segments.length < versionAt + 2) {
    if (methodWords.verb === '') return BAD_METHOD;
    const info: RequestInfo = {
      method,
      target,
      isResource: false,
      verb: methodWords.lower,
      apiPrefix: '',
      group: '',
      version: '',
      namespace: '',
      resource: '',
      subresource: '',
      name: '',
      path: path.decoded,
      rawPath,
      proxyTail: '',
      longRunning: isLongRunningPath(path.decoded),
    };
    return { ok: true, request: info };
  }

  let at = versionAt + 1;
  let first = segments[at];
  // Rule 5: the API server takes the verb from such a path, whatever the method says. Aggregated APIs use `proxy`.
  const isVerbProxy = first === 'proxy' && versionAt === 2 && segments.length > at + 1;
  if (isVerbProxy) first = segments[++at];
  else if (first === 'watch' || first === 'proxy')
    return refuse(
      'legacyPrefix',
      `the legacy /${first}/ prefix is not supported; use ?watch=1 or the proxy subresource`,
    );
  let namespace = '';
  if (first === 'namespaces' && segments.length > at + 1) {
    namespace = segments[at + 1] as string;
    const third = segments[at + 2];
    if (third !== undefined && third !== 'status' && third !== 'finalize') at += 2;
  }
  const resource = segments[at] as string;
  const subresource = isVerbProxy ? '' : (segments[at + 2] ?? '');
  let name = segments[at + 1] ?? '';
  // Rule 6: OPTIONS has the empty verb, which RBAC gives by `*` only.
  if (methodWords.verb === '' && (subresource !== 'proxy' || name === '')) return BAD_METHOD;
  let verb = isVerbProxy ? 'proxy' : methodWords.verb;
  if (name === '' && verb === 'get') {
    const list = query === undefined ? NO_OPTIONS : readListOptions(query);
    verb = list.watch ? 'watch' : 'list';
    name = list.name;
  }
  if (name === '' && verb === 'delete') verb = 'deletecollection';

  const request: RequestInfo = {
    method,
    target,
    isResource: true,
    verb,
    apiPrefix: apiPrefix as string,
    group: versionAt === 2 ? (segments[1] as string) : '',
    version: segments[versionAt] as string,
    namespace,
    resource,
    subresource,
    name,
    path: path.decoded,
    rawPath,
    proxyTail: path.proxyTail,
    longRunning: isLongRunning(verb, subresource),
  };
  return { ok: true, request };
}

const refuse = (code: ErrorCode, message: string): ParsedRequest => ({ ok: false, code, message });
const BAD_METHOD = refuse('badMethod', 'the method is not one that the Kubernetes API has');
const NO_OPTIONS = { watch: false, name: '' };

/**
 * Rules 9 and 10. If any field of ListOptions does not decode, only `watch` is kept. What cannot change the answer is
 * not read: without a field selector, nothing but `watch` can.
 */
function readListOptions(query: QueryParameters): { watch: boolean; name: string } {
  const raw = query.watch;
  const watch = raw === undefined ? undefined : decodeQueryBytes(raw);
  let on = watch !== undefined && watch !== '0' && !/^false$/i.test(watch);
  const required =
    query.fieldSelector === undefined ? undefined : nameRequiredBy(decodeQueryBytes(query.fieldSelector));
  const name = typeof required === 'string' && isPathSegmentName(required) ? required : '';
  // Go compares with Unicode folding, where U+017F (long s) is an s; and without it when decoding failed.
  const longS = on && LONG_S_FALSE.test(watch as string);
  if ((name !== '' || longS) && (required === false || !othersDecode(query))) return { watch: on, name: '' };
  if (longS) on = false;
  return { watch: on, name: bytesToText(name) };
}

const LONG_S_FALSE = /^fal\u00c5\u00bfe$/i;

/** Apimachinery's `content.IsPathSegmentName`. */
function isPathSegmentName(name: string): boolean {
  return name !== '.' && name !== '..' && !name.includes('/') && !name.includes('%');
}

/** Whether the fields of ListOptions that are not always true, beside `fieldSelector`, decode. */
function othersDecode({ labelSelector, limit, timeoutSeconds }: QueryParameters): boolean {
  return (
    (limit === undefined || isInt64(decodeQueryBytes(limit))) &&
    (timeoutSeconds === undefined || isInt64(decodeQueryBytes(timeoutSeconds))) &&
    (labelSelector === undefined || isLabelSelector(decodeQueryBytes(labelSelector)))
  );
}
