import { RE2JS } from 're2js';

const MAX_PATTERN_LENGTH = 500;
const compiled = new Map<string, RE2JS>();

/**
 * CEL's `matches` (RE2 syntax, found anywhere) in linear time: JavaScript's own engine would let a claim of sixteen
 * kilobytes hold the event loop for hours. Patterns are literals of saved expressions, so the cache is bounded by them.
 */
export function matchesLinear(text: string, pattern: string): boolean {
  let regex = compiled.get(pattern);
  if (!regex) compiled.set(pattern, (regex = RE2JS.compile(pattern)));
  return regex.matcher(text).find();
}

/** What is wrong with a pattern, or undefined. */
export function findPatternProblem(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `a pattern must not be longer than ${MAX_PATTERN_LENGTH} characters`;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return `the pattern ${JSON.stringify(pattern)} is no RE2 expression: ${(error as Error).message}`;
  }
}
