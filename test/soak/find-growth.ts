import type { LiveMemory } from '../support/read-live-memory.ts';

/** What a process held at one moment of a soak. */
export interface Sample {
  readonly atSeconds: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  /** After a collection; not in every sample, since it stops the process for a moment. */
  readonly live?: LiveMemory;
}

/** The allocators keep pages for later; a tenth, and this, is no leak that a run of the same length would show. */
const RSS_TOLERANCE = 0.1;
const RSS_SLACK_BYTES = 16 * 1024 * 1024;
/** Code that is still being compiled and caches that fill are in use as well. */
const USED_TOLERANCE = 0.05;
const USED_SLACK_BYTES = 4 * 1024 * 1024;
/** The load opens and closes all the time; more than this between two medians is no chance. */
const DESCRIPTOR_TOLERANCE = 0.1;
const DESCRIPTOR_SLACK = 10;

/**
 * What is not flat, as sentences; none where all is. The first third of the run is warming up; the median of the last
 * third is held against that of the second, so that one peak on either side decides nothing. Memory is judged by what
 * stands after a collection: between two of them garbage heaps up by tens of MiB, for a minute and longer.
 */
export function findGrowth(samples: readonly Sample[]): string[] {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  const both = (read: (sample: Sample) => number | undefined): readonly (number | undefined)[] =>
    [middle, last].map((part) => median(part.flatMap((sample) => read(sample) ?? [])));
  const problems: string[] = [];
  const judge = (
    what: string,
    [from, to]: readonly (number | undefined)[],
    { tolerance, slack, write }: { tolerance: number; slack: number; write: (value: number) => string },
  ): void => {
    if (from === undefined || to === undefined)
      problems.push(`${what}: ${samples.length} samples are too few to judge by`);
    else if (to > from * (1 + tolerance) + slack) problems.push(`${what} grew from ${write(from)} to ${write(to)}`);
  };
  const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  judge(
    'memory in use',
    both((sample) => sample.live?.used),
    {
      tolerance: USED_TOLERANCE,
      slack: USED_SLACK_BYTES,
      write: mib,
    },
  );
  judge(
    'resident memory',
    both((sample) => sample.live?.resident),
    {
      tolerance: RSS_TOLERANCE,
      slack: RSS_SLACK_BYTES,
      write: mib,
    },
  );
  judge(
    'open descriptors',
    both((sample) => sample.descriptors),
    {
      tolerance: DESCRIPTOR_TOLERANCE,
      slack: DESCRIPTOR_SLACK,
      write: String,
    },
  );
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

/** None of no values. */
function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
