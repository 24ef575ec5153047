import { ERRORS, type ErrorCode } from '#errors';
import { bytesToText, decodePathBytes, isEscape } from './decode-percent.ts';
import { decodeAllLevels, foldOverlong } from './fold-overlong.ts';

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
  // Clients that join by text make //api of a "server" that ends in a slash (Python's client); that is worth a word.
  if (target.startsWith('//')) return { ok: false, code: 'doubleSlash', message: ERRORS.doubleSlash.message };
  // Cut here and not by split(), which takes twice the time of this whole loop.
  const raw: string[] = [];
  let odd = false;
  let start = 1;
  let end = 1;
  for (; ; end++) {
    const code = end < target.length ? target.charCodeAt(end) : QUESTION;
    const kind = code < 256 ? CLASS[code] : 4;
    if (kind === 0) continue;
    if (kind === 1 || kind === 3) {
      const isLast = kind === 3;
      // One trailing slash, the one of `/` included, is all that may be empty.
      if (isLast && start === end) break;
      if (isEmptyOrDots(target, start, end)) odd = true;
      raw.push(target.slice(start, end));
      if (isLast) break;
      start = end + 1;
    } else if (kind === 2) {
      if (code === 0x25 && !isEscape(target, end)) return refuse('the path holds a bad percent-escape');
      odd = true;
    } else {
      return refuse('the path holds a control byte, a space or a raw 8-bit byte');
    }
  }
  return odd ? readOddPath(target, raw, end) : readPlainPath(target, raw, end);
}

function isEmptyOrDots(target: string, start: number, end: number): boolean {
  const length = end - start;
  if (length > 2) return false;
  return length === 0 || (target.charCodeAt(start) === 0x2e && (length === 1 || target.charCodeAt(start + 1) === 0x2e));
}

function readPlainPath(target: string, raw: readonly string[], end: number): PathParts {
  const decoded = end === target.length ? target : target.slice(0, end);
  const proxyAt = proxyIndex(raw, raw);
  if (proxyAt < 0) return { ok: true, end, segments: raw, decoded, proxyTail: '' };
  let offset = 0;
  for (let i = 0; i <= proxyAt; i++) offset += 1 + (raw[i] as string).length;
  return { ok: true, end, segments: raw.slice(0, proxyAt + 1), decoded, proxyTail: target.slice(offset, end) };
}

/** Index of the literal `proxy` segment that ends the head, or -1. */
function proxyIndex(decoded: readonly string[], raw: readonly string[]): number {
  if (raw.length < 5 || decoded[0] !== 'api') return -1;
  const resourceAt = decoded[2] === 'namespaces' ? 4 : 2;
  if (raw[resourceAt + 2] !== 'proxy') return -1;
  const resource = decoded[resourceAt];
  return resource !== undefined && PROXIED.has(resource) ? resourceAt + 2 : -1;
}

function readOddPath(target: string, raw: readonly string[], end: number): PathParts | PathRefusal {
  const segments: string[] = [];
  let offset = 0;
  let proxyTail = '';
  for (let i = 0; i < raw.length; i++) {
    const segment = raw[i] as string;
    const decoded = decodeHeadSegment(segment);
    if (decoded === undefined)
      return refuse('the path holds an empty or dot segment, an encoded separator, or one of \\ ; #');
    segments.push(decoded);
    offset += 1 + segment.length;
    if (segment === 'proxy' && proxyIndex(segments, raw) === i) {
      proxyTail = target.slice(offset, end);
      break;
    }
  }
  if (hasDotSegment(proxyTail)) return refuse('the path behind /proxy holds a dot segment');
  return { ok: true, end, segments, decoded: bytesToText(decodePathBytes(target.slice(0, end))), proxyTail };
}

/** The text of a head segment, or undefined where the strict subset has no room for it. */
function decodeHeadSegment(segment: string): string | undefined {
  if (segment === '' || segment === '.' || segment === '..') return undefined;
  if (!/[%\\;#]/.test(segment)) return segment;
  if (/[\\;#]/.test(segment)) return undefined;
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
  const seen = tail.includes('%') ? decodeAllLevels(tail) : tail;
  return /(?:^|[/\\])\.\.?(?:[/\\;\0]|$)/.test(seen);
}
