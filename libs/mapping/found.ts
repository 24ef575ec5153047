import type { MappingInput } from './mapping-input.ts';

/** A mapping that does not fit since an expression of its subjects cannot be judged, and why. */
export interface FailedExpression {
  readonly mapping: string;
  readonly problem: string;
}

export interface Found {
  /** The mapping that speaks for a person, if there is one. */
  readonly mapping: MappingInput | undefined;
  /** The first few of those that were met before it, and how many there were. */
  readonly failed: readonly FailedExpression[];
  readonly failures: number;
}
