/** A run beside which the machine did less than this share of other work counts as calm. */
export const CALM = 0.05;
/** How many runs may be made for each that is wanted, until enough of them are calm. */
const PATIENCE = 3;

interface Run {
  readonly foreignShare: number;
}

/** Whether another run is needed: not enough calm ones, and patience is left. */
export function needsRun(runs: readonly Run[], wanted: number): boolean {
  return runs.filter((run) => run.foreignShare <= CALM).length < wanted && runs.length < wanted * PATIENCE;
}

/** The `wanted` runs that were disturbed least; chosen by the machine's state alone, never by what they measured. */
export function calmest<R extends Run>(runs: readonly R[], wanted: number): R[] {
  return [...runs].sort((a, b) => a.foreignShare - b.foreignShare).slice(0, wanted);
}
