/** What a process held at one moment of a soak. */
export interface Sample {
  readonly atSeconds: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  /** After a collection; not in every sample, since it stops the process for a moment. */
  readonly heldBytes?: number;
}

/** The collector lets garbage stand; a tenth, and this, is no leak that a run of the same length would show. */
const RSS_TOLERANCE = 0.1;
const RSS_SLACK_BYTES = 16 * 1024 * 1024;
/** Code that is still being compiled and caches that fill are held as well. */
const HELD_TOLERANCE = 0.05;
const HELD_SLACK_BYTES = 4 * 1024 * 1024;
/** The load opens and closes all the time; more than this between two medians is no chance. */
const DESCRIPTOR_TOLERANCE = 0.1;
const DESCRIPTOR_SLACK = 10;

/**
 * What is not flat, as sentences; none where all is. The first third of the run is warming up; the median of the last
 * third is held against that of the second, so that one peak on either side decides nothing.
 */
export function findGrowth(samples: readonly Sample[]): string[] {
  if (samples.length < 9) return [`${samples.length} samples are too few to judge by`];
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const rss = [median(middle.map((sample) => sample.rssBytes)), median(last.map((sample) => sample.rssBytes))] as const;
  const open = [
    median(middle.map((sample) => sample.descriptors)),
    median(last.map((sample) => sample.descriptors)),
  ] as const;
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const problems: string[] = [];
  if (rss[1] > rss[0] * (1 + RSS_TOLERANCE) + RSS_SLACK_BYTES)
    problems.push(`resident memory grew from ${mib(rss[0])} to ${mib(rss[1])} MiB`);
  if (open[1] > open[0] * (1 + DESCRIPTOR_TOLERANCE) + DESCRIPTOR_SLACK)
    problems.push(`open descriptors grew from ${open[0]} to ${open[1]}`);
  const held = samples.slice(third).flatMap((sample) => sample.heldBytes ?? []);
  const [first = 0, end = 0] = [held[0], held.at(-1)];
  if (end > first * (1 + HELD_TOLERANCE) + HELD_SLACK_BYTES)
    problems.push(`what is held after a collection grew from ${mib(first)} to ${mib(end)} MiB`);
  return problems;
}

/** How fast both changed after the warming up, by least squares; what a reader wants to see beside "flat". */
export function findSlopes(samples: readonly Sample[]): {
  readonly rssMibPerHour: number;
  readonly descriptorsPerHour: number;
} {
  const warm = samples.slice(Math.floor(samples.length / 3));
  return {
    rssMibPerHour: slopePerHour(warm.map(({ atSeconds, rssBytes }) => [atSeconds, rssBytes / 1024 / 1024])),
    descriptorsPerHour: slopePerHour(warm.map(({ atSeconds, descriptors }) => [atSeconds, descriptors])),
  };
}

function slopePerHour(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [middleX, middleY] = [mean(0), mean(1)];
  const along = points.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  const spread = points.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
  return (along / spread) * 3600;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
