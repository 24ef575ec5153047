/**
 * Regular expressions that the analysis does not accept and that are harmless all the same, each with the reason. Prefer
 * to rewrite: an entry here is for what cannot be written otherwise. One that is no longer in the source is a problem.
 */
export interface ReviewedRegex {
  readonly path: string;
  /** As it is written in the source. */
  readonly text: string;
  readonly reason: string;
}

export const REVIEWED_REGEXES: readonly ReviewedRegex[] = [
  {
    path: 'scripts/check/find-foreign-names.ts',
    text: "new RegExp(name.replaceAll(/[^\\w/]/g, '\\\\$&'))",
    reason: 'a name of this machine with each special character escaped: it holds no repetition',
  },
  {
    path: 'scripts/check/find-unrun-tests.ts',
    text: String.raw`/\b(?:test|it|describe|suite|bench)(?:[.]\w+)*[.](?:only|skip|todo|fails|skipIf|runIf)\b/`,
    reason: 'reads single lines of the project itself, in the check only',
  },
];
