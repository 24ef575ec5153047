import { RE2JS } from 're2js';

/** A regular expression over raw paths, in linear time. */
export interface PathRegex {
  /** Whether it matches the whole path. Only paths that `mayBeTried` are given to it. */
  matches(path: string): boolean;
}

const MAX_LENGTH = 500;
const MAX_PROGRAM = 2000;
const MAX_PATH_LENGTH = 2048;

/** Time grows with path times program, so both are bounded: a regex costs a millisecond at the very most. */
export const mayBeTried = (path: string): boolean => path.length <= MAX_PATH_LENGTH;

/**
 * Compiles a regular expression in RE2's syntax (no look-around, no back-references). It is matched as a whole:
 * kubectl proxy's expressions, which match anywhere, need a `.*` at their open ends.
 * @param anyCase letters match in upper and lower case.
 * @returns the expression, or the sentence that says what is wrong with it.
 */
export function readPathRegex(text: string, anyCase = false): PathRegex | string {
  if (text === '') return 'must not be empty';
  if (text.length > MAX_LENGTH) return `must not be longer than ${MAX_LENGTH} characters`;
  try {
    // A decoded line break is a character like others: a Deny must not be walked around by one.
    const regex = RE2JS.compile(text, RE2JS.DOTALL | (anyCase ? RE2JS.CASE_INSENSITIVE : 0));
    if (regex.programSize() > MAX_PROGRAM) return 'is too large once its repetitions are written out';
    return { matches: (path) => regex.matches(path) };
  } catch (error) {
    return `is no regular expression that RE2 knows (${(error as Error).message.replace('error parsing regexp: ', '')})`;
  }
}
