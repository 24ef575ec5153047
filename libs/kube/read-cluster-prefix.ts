import { ERRORS, type ErrorCode } from '#errors';
import { decodePathBytes } from './decode-percent.ts';
import { foldOverlong } from './fold-overlong.ts';

export type ClusterPrefix =
  | { readonly kind: 'cluster'; readonly cluster: string; readonly target: string }
  | { readonly kind: 'gateway' }
  | { readonly kind: 'default'; readonly target: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

const PREFIX = '/clusters/';
const refused = (code: ErrorCode, message: string): ClusterPrefix => ({ kind: 'refused', code, message });

/**
 * Tells the gateway's own pages (`/-`, `/-/…`), a named cluster (`/clusters/<dns-label>/…`) and the default cluster
 * apart, on raw bytes. A spelling that some decoder would take for `/-` or `/clusters` is refused (`badPath`), so
 * that nobody behind or before the gateway reads another room than the gateway did.
 *
 * @param target `req.url`. The `target` that is returned always starts with `/` and is not yet checked further.
 */
export function readClusterPrefix(target: string): ClusterPrefix {
  if (target.charCodeAt(0) !== 0x2f)
    return refused('badTarget', 'the request target must be a path that starts with /');
  if (target.startsWith(PREFIX)) return readNamedCluster(target);
  const end = endOfSegment(target, 1);
  if (end === 2 && target[1] === '-') return { kind: 'gateway' };
  if (isOddSpelling(target, end) && target.startsWith('//')) return refused('doubleSlash', ERRORS.doubleSlash.message);
  if (isOddSpelling(target, end))
    return refused('badPath', 'only /clusters/<name>/… and /-/, spelled like that, name a cluster and the gateway');
  return { kind: 'default', target };
}

function readNamedCluster(target: string): ClusterPrefix {
  const end = endOfSegment(target, PREFIX.length);
  if (!isDnsLabel(target, PREFIX.length, end))
    return refused('badPath', 'the name behind /clusters/ is not a DNS label');
  const cluster = target.slice(PREFIX.length, end);
  const rest = target.slice(end);
  return { kind: 'cluster', cluster, target: rest.charCodeAt(0) === 0x2f ? rest : `/${rest}` };
}

/** Offset of the `/` or `?` that ends the segment at `from`, or the length. */
function endOfSegment(target: string, from: number): number {
  for (let i = from; i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === 0x2f || code === 0x3f) return i;
  }
  return target.length;
}

function isDnsLabel(target: string, start: number, end: number): boolean {
  if (end === start || end - start > 63) return false;
  for (let i = start; i < end; i++) {
    const code = target.charCodeAt(i);
    const alphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!alphanumeric && (code !== 0x2d || i === start || i === end - 1)) return false;
  }
  return true;
}

/** The usual first segments need no second look: `api`, `apis`, `openapi`, `version`, `healthz`, … */
function isOddSpelling(target: string, end: number): boolean {
  let suspicious = end === 1;
  for (let i = 1; i < end && !suspicious; i++) {
    const code = target.charCodeAt(i);
    // `%` `;` `\` `#` `-` `.` `C` `c` and blanks: the rest can spell neither word.
    suspicious =
      code === 0x25 ||
      code === 0x3b ||
      code === 0x5c ||
      code === 0x23 ||
      code === 0x2d ||
      code === 0x2e ||
      (code | 0x20) === 0x63 ||
      code <= 0x20;
  }
  return suspicious && isReservedWord(target);
}

/** Cleans the path as the most eager decoder would, and looks at the first segment that is left. */
function isReservedWord(target: string): boolean {
  const query = target.indexOf('?');
  let path = query < 0 ? target : target.slice(0, query);
  if (path.length > 2048) path = path.slice(0, 2048);
  for (let round = 0; round < 4; round++) {
    const kept: string[] = [];
    for (const part of path.split(/[/\\]+/)) {
      const word = part.replace(/[;#\0].*$/s, '').trim();
      if (word === '..') kept.pop();
      else if (word !== '' && word !== '.') kept.push(word.toLowerCase());
    }
    if (kept[0] === '-' || kept[0] === 'clusters') return true;
    const next = foldOverlong(decodePathBytes(path));
    if (next === path) return false;
    path = next;
  }
  return false;
}
