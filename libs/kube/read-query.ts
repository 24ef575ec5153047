import { decodeQueryBytes, isEscape } from './decode-percent.ts';

/** The first values of the parameters that change a RequestInfo: byte strings, decoded; undefined where absent. */
export interface QueryParameters {
  watch: string | undefined;
  fieldSelector: string | undefined;
  labelSelector: string | undefined;
  limit: string | undefined;
  timeoutSeconds: string | undefined;
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SEMICOLON = 0x3b;

/** Go 1.26 drops a query of more pairs than this as a whole; older ones do not. What is read two ways is refused. */
const MAX_PAIRS = 10_000;

/**
 * Reads the query that starts at `from` (behind the `?`), as Go's `url.ParseQuery` does: keys are case-sensitive and
 * decoded, the first value wins. What Go would drop silently is refused here: a pair with `;` or a bad escape, and
 * repeated `watch`, `fieldSelector` or `labelSelector`.
 * @returns the parameters, undefined where none of them is present, or the reason of the refusal.
 */
export function readQuery(target: string, from: number): QueryParameters | string | undefined {
  let found: QueryParameters | undefined;
  let start = from;
  let equalsAt = -1;
  let keyEscaped = false;
  let pairs = 1;
  const { length } = target;
  for (let i = from; i <= length; i++) {
    const code = i < length ? target.charCodeAt(i) : AMPERSAND;
    if (code === AMPERSAND) {
      const keyEnd = equalsAt < 0 ? i : equalsAt;
      if (keyEscaped || isOfInterest(target.charCodeAt(start))) {
        const rawKey = target.slice(start, keyEnd);
        const key = keyEscaped ? decodeQueryBytes(rawKey) : rawKey;
        if (
          key === 'watch' ||
          key === 'fieldSelector' ||
          key === 'labelSelector' ||
          key === 'limit' ||
          key === 'timeoutSeconds'
        ) {
          found ??= {
            watch: undefined,
            fieldSelector: undefined,
            labelSelector: undefined,
            limit: undefined,
            timeoutSeconds: undefined,
          };
          if (found[key] === undefined)
            found[key] = equalsAt < 0 ? '' : decodeQueryBytes(target.slice(equalsAt + 1, i));
          else if (key !== 'limit' && key !== 'timeoutSeconds') return `the query repeats ${key}`;
        }
      }
      if (++pairs > MAX_PAIRS + 1) return `the query holds more than ${MAX_PAIRS} pairs`;
      start = i + 1;
      equalsAt = -1;
      keyEscaped = false;
    } else if (code === EQUALS) {
      if (equalsAt < 0) equalsAt = i;
    } else if (code === PERCENT) {
      if (!isEscape(target, i)) return 'the query holds a bad percent-escape';
      if (equalsAt < 0) keyEscaped = true;
    } else if (code === PLUS) {
      if (equalsAt < 0) keyEscaped = true;
    } else if (code === SEMICOLON) {
      return 'the query holds a semicolon';
    } else if (code <= 0x20 || code >= 0x7f) {
      return 'the query holds a control byte, a space or a raw 8-bit byte';
    }
  }
  return found;
}

/** First letters of watch, fieldSelector, labelSelector and limit, timeoutSeconds: saves the slice for all others. */
function isOfInterest(code: number): boolean {
  return code === 0x77 || code === 0x66 || code === 0x6c || code === 0x74;
}
