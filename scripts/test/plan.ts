/** What can be asked for by name: `npm test -- unit e2e`. */
export const LANES = ['check', 'unit', 'integration', 'node-http1', 'store', 'e2e', 'go', 'measured', 'long'] as const;
export type LaneName = (typeof LANES)[number];

/** Lanes one after another. */
type Chain = readonly LaneName[];

/**
 * Rows run one after another; the chains of a row run side by side. Most tests of the second row wait (for a time to
 * pass, a process to start, a disk), each of its chains keeps about one core busy, and both take about as long.
 */
const ROWS: readonly (readonly Chain[])[] = [
  [['check', 'unit']],
  [
    ['integration', 'node-http1', 'go'],
    ['e2e', 'store'],
  ],
  [['measured']],
  [['long']],
];

/** Not part of `npm test`: what shows more of the same, for longer. */
const BY_NAME_ONLY: readonly LaneName[] = ['long'];

/** @param asked none: everything but the long form. */
export function planOf(asked: readonly LaneName[]): readonly (readonly Chain[])[] {
  const runs = (name: LaneName): boolean => (asked.length > 0 ? asked.includes(name) : !BY_NAME_ONLY.includes(name));
  return ROWS.map((row) => row.map((chain) => chain.filter(runs)).filter((chain) => chain.length > 0)).filter(
    (row) => row.length > 0,
  );
}
