import { replaceInvalidUtf8 } from './decode-percent.ts';

/**
 * The value that `metadata.name` must have by a field selector, as apimachinery's `fields.ParseSelector` and
 * `RequiresExactMatch` give it. Takes and gives byte strings.
 * @returns the value ('' too), undefined where the selector does not fix it, false where it does not parse.
 */
export function nameRequiredBy(selector: string): string | undefined | false {
  // Nearly all have one term, and nothing to escape.
  if (!selector.includes(',')) return selector === '' ? undefined : readTerm(selector);
  // Terms are sorted before they are read (as bytes), so of two metadata.name terms the smaller one wins.
  const terms = splitTerms(selector).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let name: string | undefined;
  for (const term of terms) {
    if (term === '') continue;
    const required = readTerm(term);
    if (required === false) return false;
    name ??= required;
  }
  return name;
}

const NAME = 'metadata.name';

/** As `nameRequiredBy`, of one term that is not empty. */
function readTerm(term: string): string | undefined | false {
  // No escapes to the left: the first operator splits.
  const equalsAt = term.indexOf('=');
  if (equalsAt < 0) return false;
  const negated = term[equalsAt - 1] === '!';
  const fieldEnd = negated ? equalsAt - 1 : equalsAt;
  const valueAt = !negated && term[equalsAt + 1] === '=' ? equalsAt + 2 : equalsAt + 1;
  const value = unescapeValue(term.slice(valueAt));
  if (value === undefined) return false;
  return !negated && fieldEnd === NAME.length && term.startsWith(NAME) ? value : undefined;
}

/** Splits at commas that no backslash escapes. */
function splitTerms(selector: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < selector.length; i++) {
    if (selector[i] === '\\') i++;
    else if (selector[i] === ',') {
      terms.push(selector.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(selector.slice(start));
  return terms;
}

/**
 * Backslash escapes `\`, `,` and `=` and nothing else; unescaped they may not stand in a value. Go rebuilds such a value
 * rune by rune, and so writes U+FFFD for what is not UTF-8; a value without any of them stays as it is.
 */
function unescapeValue(value: string): string | undefined {
  if (!/[\\,=]/.test(value)) return value;
  let out = '';
  for (let i = 0; i < value.length; i++) {
    let char = value[i] as string;
    if (char === ',' || char === '=') return undefined;
    if (char === '\\') {
      char = value[++i] ?? '';
      if (char !== '\\' && char !== ',' && char !== '=') return undefined;
    }
    out += char;
  }
  return replaceInvalidUtf8(out);
}
