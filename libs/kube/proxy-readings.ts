import { bytesToText, decodePathBytes } from './decode-percent.ts';
import { decodeAllLevels } from './fold-overlong.ts';

/**
 * The paths that a server behind the API server's proxy may read in a tail, for a Deny only. Nothing is ever forwarded
 * or allowed from what these functions give: an Allow needs the literal spelling.
 *
 * Servers differ in how often they decode (once, or again behind a rewrite; overlong UTF-8 included), in whether a
 * backslash separates (IIS, Node's URL), whether `;` begins parameters of a segment (servlet containers), and in what
 * they clean away (slashes in a row, NUL and what follows, trailing dots and spaces on Windows). Each of these can be on
 * or off, so each combination is a reading. Twelve at most, each made in one pass, whatever the length.
 *
 * @param tail raw bytes from the slash behind `proxy` on, as `readPath` accepted them.
 * @returns decoded texts that start with `/`, without those that are cleaned into one another.
 */
export function readingsOfTail(tail: string): readonly string[] {
  if (!/[^\w/~!$&'()*+,=:@-]|\/\//.test(tail)) return [tail];
  const readings = new Set<string>();
  const addBoth = (bytes: string): void => {
    readings.add(bytesToText(bytes));
    readings.add(bytesToText(clean(bytes)));
  };
  const once = decodePathBytes(tail);
  // Parameters are cut before decoding by some (`;` only) and behind it by others (`%3b` too).
  const cutBefore = tail.includes(';') ? decodePathBytes(cutParameters(tail)) : once;
  for (const bytes of new Set([once, cutBefore, decodeAllLevels(tail), decodeAllLevels(cutBefore)])) {
    addBoth(bytes);
    const slashed = bytes.includes('\\') ? bytes.replaceAll('\\', '/') : bytes;
    addBoth(slashed);
    if (bytes.includes(';')) {
      addBoth(cutParameters(bytes));
      addBoth(cutParameters(slashed));
      addBoth(cutParameters(bytes).replaceAll('\\', '/'));
    }
  }
  return [...readings];
}

/** The text of a head, which holds nothing that a second decoding could change. */
export const decodedHead = (head: string): string => bytesToText(decodePathBytes(head));

/** Drops `;` and what follows it, up to the next slash. */
function cutParameters(path: string): string {
  if (!path.includes(';')) return path;
  return path
    .split('/')
    .map((segment) => before(segment, ';'))
    .join('/');
}

/** Without empty segments, dot segments, trailing dots and spaces, a trailing slash, and what an end of string cuts. */
function clean(path: string): string {
  const kept: string[] = [];
  // Where an escape of one of these was decoded, a second reader takes it for the end of the path.
  for (const raw of before(before(before(path, '\0'), '?'), '#').split('/')) {
    const segment = trimEnd(raw, ' ');
    if (segment === '..') kept.pop();
    else {
      const word = trimEnd(segment, '. ');
      if (word !== '') kept.push(word);
    }
  }
  return `/${kept.join('/')}`;
}

function before(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** By hand: a regular expression for the end of a text tries each run of these characters anew, in quadratic time. */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] as string)) end--;
  return end === text.length ? text : text.slice(0, end);
}

/**
 * Folds case one UTF-16 unit at a time, so that a part of a text folds as it does within the whole (`toLowerCase` looks
 * at what surrounds a sigma, and makes two characters of some).
 */
export function foldCase(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  let out = '';
  for (let i = 0; i < text.length; i++) out += foldUnit(text[i] as string);
  return out;
}

function foldUnit(unit: string): string {
  const upper = unit.toUpperCase();
  const lower = (upper.length === 1 ? upper : unit).toLowerCase();
  return lower.length === 1 ? lower : unit;
}
