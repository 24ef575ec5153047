/** A raw path rule's glob, split: literal segments, and `undefined` where `*` stands for one segment. */
export interface PathPattern {
  readonly segments: readonly (string | undefined)[];
  /** The pattern ends in `**`: one or more further segments. */
  readonly rest: boolean;
}

/**
 * Reads a glob of a raw path rule. It is anchored at both ends and knows segments: `*` is exactly one, non-empty,
 * segment; `**`, only at the end, is any rest of at least one segment (which may be the empty one behind a trailing
 * slash). Nothing matches a part of a segment, so that matching is linear and a pattern says what it looks like.
 * @returns the pattern, or the sentence that says what is wrong with it.
 */
export function readPathPattern(pattern: string): PathPattern | string {
  if (!pattern.startsWith('/')) return 'must start with /';
  if (/[?#]/.test(pattern)) return 'must not hold ? or #: the query is never matched';
  const segments: (string | undefined)[] = [];
  const parts = pattern.slice(1).split('/');
  for (const [index, part] of parts.entries()) {
    if (part === '**') return index === parts.length - 1 ? { segments, rest: true } : '** may stand at the end only';
    if (part !== '*' && part.includes('*')) return '* must be a whole segment';
    segments.push(part === '*' ? undefined : part);
  }
  return { segments, rest: false };
}
