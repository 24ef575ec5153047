/**
 * Whether a label selector parses, as apimachinery's `labels.Parse` decides it. Only that matters here: a selector
 * that does not parse makes the API server forget the name that a field selector gave (kube-rules 1.10).
 */
type Token = 'end' | 'identifier' | 'in' | 'notin' | '!' | '=' | '==' | '!=' | '>' | '<' | '(' | ')' | ',';
interface Item {
  readonly token: Token;
  readonly text: string;
}

const SPECIAL = '=!(),><';
const BLANK = ' \t\r\n';
const LABEL = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

export function isLabelSelector(selector: string): boolean {
  const items = scan(selector);
  let at = 0;
  // `in` and `notin` are operators only directly behind a key; elsewhere they are values.
  const asValue = (item: Item): Token => (item.token === 'in' || item.token === 'notin' ? 'identifier' : item.token);
  const look = (): Token => asValue(items[at] ?? END);
  const take = (): Item => items[at++] ?? END;

  const readValues = (): string[] | undefined => {
    if (take().token !== '(') return undefined;
    if (look() === ')') {
      at++;
      return [''];
    }
    const values: string[] = [];
    for (;;) {
      const item = take();
      const token = asValue(item);
      if (token === 'identifier') {
        values.push(item.text);
        if (look() === ')') break;
        if (look() !== ',') return undefined;
      } else if (token === ',') {
        if (look() === ')') break;
      } else return undefined;
    }
    at++;
    return values;
  };

  const readRequirement = (): boolean => {
    const negated = look() === '!';
    if (negated) at++;
    const key = take();
    if (asValue(key) !== 'identifier' || !isLabelKey(key.text)) return false;
    if (negated || look() === 'end' || look() === ',') return true;
    const operator = take().token;
    if (operator === 'in' || operator === 'notin') return readValues()?.every(isLabelValue) ?? false;
    if (!['=', '==', '!=', '>', '<'].includes(operator)) return false;
    let value = '';
    if (look() !== 'end' && look() !== ',') {
      if (look() !== 'identifier') return false;
      value = take().text;
    }
    return isLabelValue(value) && ((operator !== '>' && operator !== '<') || isInt64(value));
  };

  for (;;) {
    if (look() === 'end') return true;
    if (look() !== 'identifier' && look() !== '!') return false;
    if (!readRequirement()) return false;
    const next = look();
    at++;
    if (next === 'end') return true;
    if (next !== ',' || (look() !== 'identifier' && look() !== '!')) return false;
  }
}

const END: Item = { token: 'end', text: '' };

function scan(selector: string): Item[] {
  const items: Item[] = [];
  for (let at = 0; ;) {
    while (at < selector.length && BLANK.includes(selector[at] as string)) at++;
    // Go's lexer takes a NUL for the end; directly behind a word or a symbol it ends that only, and is swallowed.
    if (at >= selector.length || selector[at] === '\0') return items;
    const char = selector[at] as string;
    if (SPECIAL.includes(char)) {
      const two = selector.slice(at, at + 2);
      const token = two === '==' || two === '!=' ? two : char;
      items.push({ token: token as Token, text: token });
      at += token.length;
      if (selector[at] === '\0') at++;
      continue;
    }
    const start = at;
    while (
      at < selector.length &&
      !SPECIAL.includes(selector[at] as string) &&
      !BLANK.includes(selector[at] as string) &&
      selector[at] !== '\0'
    )
      at++;
    const text = selector.slice(start, at);
    items.push({ token: text === 'in' || text === 'notin' ? text : 'identifier', text });
    if (selector[at] === '\0') at++;
  }
}

function isLabelKey(key: string): boolean {
  const parts = key.split('/');
  if (parts.length > 2) return false;
  const name = parts[parts.length - 1] as string;
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    if (prefix.length > 253 || !prefix.split('.').every((label) => SUBDOMAIN.test(label))) return false;
  }
  return name.length <= 63 && LABEL.test(name);
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && LABEL.test(value));
}

/** Go's `strconv.ParseInt(text, 10, 64)` succeeds. */
export function isInt64(text: string): boolean {
  const from = text[0] === '+' || text[0] === '-' ? 1 : 0;
  if (from === text.length) return false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  if (text.length - from < 19) return true;
  const value = text.slice(from).replace(/^0+/, '');
  if (value.length !== 19) return value.length < 19;
  // Of equal length, digits compare as their numbers do.
  return value <= (text[0] === '-' ? '9223372036854775808' : '9223372036854775807');
}
