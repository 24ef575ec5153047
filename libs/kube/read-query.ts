import { decodeQueryBytes, isEscape } from './decode-percent.ts';

/** The first values of the parameters that change a RequestInfo, still encoded; undefined where absent. */
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
const SEMICOLON = 0x3b;

/** What a query byte asks for: 0 nothing, 1 one of `&` `=` `%` `+` `;`, 2 refusal. */
const CLASS = new Uint8Array(256).fill(2, 0, 0x21).fill(2, 0x7f);
for (const char of '&=%+;') CLASS[char.charCodeAt(0)] = 1;

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
    const kind = code < 256 ? CLASS[code] : 2;
    if (kind === 0) continue;
    if (code === AMPERSAND) {
      const keyEnd = equalsAt < 0 ? i : equalsAt;
      // Most keys are told by their length, and not even cut out.
      if (keyEscaped || keyEnd - start === 5 || keyEnd - start === 13 || keyEnd - start === 14) {
        const key = keyEscaped ? decodeQueryBytes(target.slice(start, keyEnd)) : target.slice(start, keyEnd);
        if (isOfInterest(key)) {
          found ??= noParameters();
          const value = equalsAt < 0 ? '' : target.slice(equalsAt + 1, i);
          if (!keep(found, key, value)) return `the query repeats ${key}`;
        }
      }
      if (++pairs > MAX_PAIRS + 1) return `the query holds more than ${MAX_PAIRS} pairs`;
      start = i + 1;
      equalsAt = -1;
      keyEscaped = false;
    } else if (code === EQUALS) {
      if (equalsAt < 0) equalsAt = i;
    } else if (code === SEMICOLON) {
      return 'the query holds a semicolon';
    } else if (kind === 2) {
      return 'the query holds a control byte, a space or a raw 8-bit byte';
    } else {
      if (code === PERCENT && !isEscape(target, i)) return 'the query holds a bad percent-escape';
      if (equalsAt < 0) keyEscaped = true;
    }
  }
  return found;
}

const noParameters = (): QueryParameters => ({
  watch: undefined,
  fieldSelector: undefined,
  labelSelector: undefined,
  limit: undefined,
  timeoutSeconds: undefined,
});

type Key = keyof QueryParameters;

function isOfInterest(key: string): key is Key {
  return (
    key === 'watch' || key === 'fieldSelector' || key === 'labelSelector' || key === 'limit' || key === 'timeoutSeconds'
  );
}

/** Keeps the first value. False where it is there and may not be repeated. Written out: keyed access costs a fifth of a parse. */
function keep(found: QueryParameters, key: Key, value: string): boolean {
  switch (key) {
    case 'watch':
      if (found.watch !== undefined) return false;
      found.watch = value;
      return true;
    case 'fieldSelector':
      if (found.fieldSelector !== undefined) return false;
      found.fieldSelector = value;
      return true;
    case 'labelSelector':
      if (found.labelSelector !== undefined) return false;
      found.labelSelector = value;
      return true;
    case 'limit':
      found.limit ??= value;
      return true;
    case 'timeoutSeconds':
      found.timeoutSeconds ??= value;
      return true;
  }
}
