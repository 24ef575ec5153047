import type { ErrorCode } from '#errors';
import { bytesToText, decodePathBytes, foldOverlong, isEscape } from './decode-percent.ts';

export interface PathParts {
  readonly ok: true;
  /** Offset of `?` in the target, or its length. */
  readonly end: number;
  /** Decoded segments, without leading and trailing empty ones. Of a proxied request only those of the head. */
  readonly segments: readonly string[];
  /** The whole path, decoded once. */
  readonly decoded: string;
  /** Raw bytes after `/proxy` of core services, pods and nodes, its slash included. */
  readonly proxyTail: string;
}

export interface PathRefusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;

/** What a path byte asks for: 0 nothing, 1 a slash, 2 a closer look (`%` `\` `;` `#`), 3 the end (`?`), 4 refusal. */
const CLASS = new Uint8Array(256).fill(4, 0, 0x21).fill(4, 0x7f);
CLASS[SLASH] = 1;
for (const char of '%\\;#') CLASS[char.charCodeAt(0)] = 2;
CLASS[QUESTION] = 3;

const PROXIED = new Set(['services', 'pods', 'nodes']);
const refuse = (message: string): PathRefusal => ({ ok: false, code: 'badPath', message });

/**
 * Reads the path of an origin-form target, and refuses what is outside the strict subset (kube-rules section 1,
 * stance). One scan; only a path that holds something odd is looked at a second time, segment by segment.
 */
export function readPath(target: string): PathParts | PathRefusal {
  let odd = false;
  let segmentStart = 1;
  let end = 1;
  for (; end < target.length; end++) {
    const code = target.charCodeAt(end);
    const kind = code < 256 ? CLASS[code] : 4;
    if (kind === 0) continue;
    if (kind === 1) {
      if (isEmptyOrDots(target, segmentStart, end)) odd = true;
      segmentStart = end + 1;
    } else if (kind === 2) {
      if (code === 0x25 && !isEscape(target, end)) return refuse('the path holds a bad percent-escape');
      odd = true;
    } else if (kind === 3) {
      break;
    } else {
      return refuse('the path holds a control byte, a space or a raw 8-bit byte');
    }
  }
  if (segmentStart < end && isEmptyOrDots(target, segmentStart, end)) odd = true;
  return odd ? readOddPath(target, end) : readPlainPath(target, end);
}

function isEmptyOrDots(target: string, start: number, end: number): boolean {
  const length = end - start;
  if (length > 2) return false;
  return length === 0 || (target.charCodeAt(start) === 0x2e && (length === 1 || target.charCodeAt(start + 1) === 0x2e));
}

function readPlainPath(target: string, end: number): PathParts {
  const decoded = end === target.length ? target : target.slice(0, end);
  const last = target.charCodeAt(end - 1) === SLASH ? end - 1 : end;
  const segments = last <= 1 ? [] : target.slice(1, last).split('/');
  const proxyAt = segments.length < 5 ? -1 : proxyIndex(segments, segments);
  if (proxyAt < 0) return { ok: true, end, segments, decoded, proxyTail: '' };
  let offset = 0;
  for (let i = 0; i <= proxyAt; i++) offset += 1 + (segments[i] as string).length;
  return { ok: true, end, segments: segments.slice(0, proxyAt + 1), decoded, proxyTail: target.slice(offset, end) };
}

/** Index of the literal `proxy` segment that ends the head, or -1. */
function proxyIndex(decoded: readonly string[], raw: readonly string[]): number {
  if (decoded[0] !== 'api') return -1;
  const resourceAt = decoded[2] === 'namespaces' ? 4 : 2;
  const resource = decoded[resourceAt];
  return resource !== undefined && PROXIED.has(resource) && raw[resourceAt + 2] === 'proxy' ? resourceAt + 2 : -1;
}

function readOddPath(target: string, end: number): PathParts | PathRefusal {
  const rawPath = target.slice(0, end);
  const raw = rawPath.slice(1).split('/');
  const segments: string[] = [];
  let offset = 0;
  let proxyTail = '';
  for (let i = 0; i < raw.length; i++) {
    const segment = raw[i] as string;
    // One trailing slash is all that may be empty.
    if (segment === '' && i === raw.length - 1 && i > 0) break;
    const decoded = decodeHeadSegment(segment);
    if (decoded === undefined)
      return refuse('the path holds an empty or dot segment, an encoded separator, or one of \\ ; # (kube-rules 1)');
    segments.push(decoded);
    offset += 1 + segment.length;
    if (segment === 'proxy' && proxyIndex(segments, raw) === i) {
      proxyTail = rawPath.slice(offset);
      break;
    }
  }
  if (hasDotSegment(proxyTail)) return refuse('the path behind /proxy holds a dot segment');
  return { ok: true, end, segments, decoded: bytesToText(decodePathBytes(rawPath)), proxyTail };
}

/** The text of a head segment, or undefined where the strict subset has no room for it. */
function decodeHeadSegment(segment: string): string | undefined {
  if (segment === '' || /[\\;#]/.test(segment)) return undefined;
  const bytes = decodePathBytes(segment);
  const folded = foldOverlong(bytes);
  if (folded === '.' || folded === '..' || /[/\\%\0]/.test(folded)) return undefined;
  return bytesToText(bytes);
}

/**
 * Whether a decoder, however careless, could see `.` or `..` between separators: escapes are decoded until none is
 * left, overlong forms folded, backslashes taken for slashes, matrix parameters and what follows a NUL dropped.
 */
function hasDotSegment(tail: string): boolean {
  if (!/[.%]/.test(tail)) return false;
  let seen = tail;
  for (let round = 0; round < MAX_NESTED_ESCAPES; round++) {
    if (seen.split(/[/\\]/).some((segment) => /^\.\.?(?:[;\0]|$)/.test(segment))) return true;
    const next = foldOverlong(decodePathBytes(seen));
    if (next === seen) return false;
    seen = next;
  }
  return false;
}

/** Nobody decodes a path more often than this; it bounds the work on `%252525…`. */
const MAX_NESTED_ESCAPES = 5;
