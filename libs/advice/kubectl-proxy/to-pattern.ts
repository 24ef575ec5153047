/** What says the same as an expression that is found anywhere: a glob where one does, else an expression for the whole path. */
export type Pattern = { readonly path: string } | { readonly regex: string };

/**
 * Turns an expression of kubectl proxy into a pattern of an AccessRule, which is matched as a whole. Exact for what
 * requests can hold: open ends get their `.*`, and a plain beginning becomes a glob.
 */
export function toPattern(expression: string): Pattern {
  const { inner, startsOpen, endsOpen } = split(expression);
  const literal = startsOpen ? undefined : readLiteral(inner);
  if (literal !== undefined && literal.startsWith('/')) {
    // `/api/` and anything behind it; `/**` needs at least the empty segment behind a slash.
    if (endsOpen && literal.endsWith('/')) return { path: `${literal}**` };
    if (!endsOpen) return { path: literal };
  }
  const everything = inner.replace(/^(?:\.\*)+/, '') === '' && (startsOpen || endsOpen);
  if (everything) return { path: '/**' };
  return { regex: `${startsOpen ? '.*' : ''}${group(inner)}${endsOpen ? '.*' : ''}` };
}

/** Anchors and open ends taken off. With alternatives at the top an anchor belongs to one of them only. */
function split(expression: string): { inner: string; startsOpen: boolean; endsOpen: boolean } {
  if (hasTopAlternative(expression)) return { inner: expression, startsOpen: true, endsOpen: true };
  let inner = expression;
  let startsOpen = true;
  let endsOpen = true;
  if (inner.startsWith('^')) {
    inner = inner.slice(1);
    startsOpen = false;
  }
  if (/(?:^|[^\\])(?:\\\\)*\$$/.test(inner)) {
    inner = inner.slice(0, -1);
    endsOpen = false;
  }
  // A `.*` at an end is what an open end is.
  if (/(?:^|[^\\])(?:\\\\)*\.\*$/.test(inner)) {
    inner = inner.slice(0, -2);
    endsOpen = true;
  }
  if (inner.startsWith('.*') && !inner.startsWith('.*?')) {
    inner = inner.slice(2);
    startsOpen = true;
  }
  return { inner, startsOpen, endsOpen };
}

function hasTopAlternative(expression: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < expression.length; at++) {
    const character = expression[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

const group = (inner: string): string =>
  hasTopAlternative(inner) || /^\(\?[a-zA-Z-]+\)/.test(inner) ? `(?:${inner})` : inner;

/** The text that an expression without any operator stands for; only characters that a path pattern may hold. */
function readLiteral(expression: string): string | undefined {
  const text = expression.replace(/\\([-./_~])/g, '$1');
  return /^[A-Za-z0-9/._~-]*$/.test(text) && !/[^\\]\.|^\./.test(expression) && !text.includes('//') ? text : undefined;
}
