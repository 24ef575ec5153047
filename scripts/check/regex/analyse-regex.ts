import { checkSync } from 'recheck';

/** `linear`: takes time in proportion to the text. Otherwise what is wrong, in words. */
export type RegexVerdict = { readonly linear: true } | { readonly linear: false; readonly problem: string };

/**
 * What recheck finds for one regular expression. In this process and in JavaScript: the same on each platform, without
 * the Java and the native programs that recheck can also use. The seed is fixed and only the whole has a time limit, so
 * that the same source gives the same verdict on a busy machine.
 */
export function analyseRegex(source: string, flags: string, timeoutMs: number): RegexVerdict {
  process.env.RECHECK_SYNC_BACKEND = 'pure';
  const found = checkSync(source, flags, {
    timeout: timeoutMs,
    randomSeed: 1,
    seedingTimeout: null,
    incubationTimeout: null,
    attackTimeout: null,
  });
  if (found.status === 'safe') return { linear: true };
  if (found.status === 'vulnerable')
    return { linear: false, problem: `${found.complexity.summary}, for example on ${found.attack.pattern}` };
  return { linear: false, problem: `cannot be analysed (${found.error.kind})` };
}

/**
 * True for an expression without repetition beyond `?`, back reference and look-around: it tries at most a constant number of
 * steps at each position, and needs no analysis.
 */
export const hasNoRepetition = (source: string): boolean => !/[*+{\\]|\(\?[=!<]/.test(source.replace(/\\[^1-9k]/g, ''));
