import type { Candidate } from './subject-index.ts';

/** Mappings that name as much of a person as each other. */
export interface Level {
  /** The first that asks for nothing more, or Infinity. */
  readonly always: number;
  /** Those with a condition, first ones first. */
  readonly when: readonly Candidate[];
}

/** An expression that could not be judged: a claim was absent, or of another type. */
interface Failed<Of> {
  readonly of: Of;
  readonly problem: string;
}

export interface Chosen {
  /** Infinity where none fits. */
  readonly rank: number;
  /** The first few. */
  readonly failed: readonly Failed<number>[];
  readonly failures: number;
}

const SHOWN_FAILURES = 3;

/**
 * The first mapping that fits, level by level, an expression a step. What cannot be judged does not hold: a claim that a
 * token lacks is the ordinary case, and must not lock out everybody else of the issuer.
 */
export function* chooseInSteps(levels: readonly Level[], claims: object): Generator<void, Chosen> {
  const failed: Failed<number>[] = [];
  let failures = 0;
  for (const { always, when } of levels) {
    let first = always;
    for (const { rank, condition } of when) {
      if (rank >= first) break;
      yield;
      const held = condition.evaluate(claims);
      if (!held.ok) {
        failures++;
        if (failed.length < SHOWN_FAILURES) failed.push({ of: rank, problem: held.problem });
      } else if (held.value === true) first = rank;
    }
    if (first !== Infinity) return { rank: first, failed, failures };
  }
  return { rank: Infinity, failed, failures };
}
