/** A segment of a raw path rule's glob. */
export type PathPart =
  | { readonly kind: 'literal'; readonly text: string }
  /** `*`: one segment, whichever, but not an empty one. */
  | { readonly kind: 'any' }
  /** `web-*`: one segment that holds these pieces in this order, the first at its start and the last at its end. */
  | { readonly kind: 'glob'; readonly pieces: readonly string[] }
  /** `**`: any number of segments; at the end of a pattern at least one. */
  | { readonly kind: 'deep' };

const MAX_LENGTH = 2048;

/**
 * Reads a glob of a raw path rule. It is anchored at both ends and knows segments, as in .gitignore: `*` is any part of
 * one segment, and alone one whole segment that is not empty; `**` is any number of segments, and at the end at least
 * one (which may be the empty one behind a trailing slash), so that `/a/**` is what lies under `/a` and not `/a`.
 * @returns its parts, or the sentence that says what is wrong with it.
 */
export function readPathPattern(pattern: string): readonly PathPart[] | string {
  if (!pattern.startsWith('/')) return 'must start with /';
  if (pattern.length > MAX_LENGTH) return `must not be longer than ${MAX_LENGTH} characters`;
  if (/[?#]/.test(pattern)) return 'must not hold ? or #: the query is never matched';
  const parts: PathPart[] = [];
  for (const text of pattern.slice(1).split('/')) {
    if (text === '**') {
      if (parts.at(-1)?.kind === 'deep') return 'must not hold ** twice in a row';
      parts.push({ kind: 'deep' });
    } else if (text.includes('**')) return '** must be a whole segment';
    else if (text === '*') parts.push({ kind: 'any' });
    else if (text.includes('*')) parts.push({ kind: 'glob', pieces: text.split('*') });
    else parts.push({ kind: 'literal', text });
  }
  return parts;
}

/** Whether a segment is what a `glob` part says; each piece is looked for once, from left to right. */
export function meetsGlob(pieces: readonly string[], segment: string): boolean {
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  if (segment.length < first.length + last.length || !segment.startsWith(first) || !segment.endsWith(last))
    return false;
  const end = segment.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = segment.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
