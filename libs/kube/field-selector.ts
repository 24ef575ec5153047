/**
 * The value that `metadata.name` must have by a field selector, as apimachinery's `fields.ParseSelector` and
 * `RequiresExactMatch` give it. Takes and gives byte strings.
 * @returns the value ('' too), undefined where the selector does not fix it, false where it does not parse.
 */
export function nameRequiredBy(selector: string): string | undefined | false {
  // Terms are sorted before they are read (as bytes), so of two metadata.name terms the smaller one wins.
  const terms = splitTerms(selector).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let name: string | undefined;
  for (const term of terms) {
    if (term === '') continue;
    const operatorAt = term.search(/!=|=/);
    if (operatorAt < 0) return false;
    const negated = term[operatorAt] === '!';
    const length = negated || term[operatorAt + 1] === '=' ? 2 : 1;
    const value = unescapeValue(term.slice(operatorAt + length));
    if (value === undefined) return false;
    if (!negated && name === undefined && term.slice(0, operatorAt) === 'metadata.name') name = value;
  }
  return name;
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

/** Backslash escapes `\`, `,` and `=` and nothing else; unescaped they may not stand in a value. */
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
  return out;
}
