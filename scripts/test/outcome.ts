/** One lane of one run of the tests. */
export interface LaneRun {
  readonly root: string;
  /** Folder for its log and its report. */
  readonly results: string;
  readonly lane: string;
  /** See LoggedOptions. */
  readonly label?: string;
}

/** What a lane reported. `problems` says in a line each what failed, or why the lane's report is not believed. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly problems: readonly string[];
}

/** A lane that crashed before it could report, or reported nothing, is one failure: silence is not success. */
export function brokenLane(name: string, problem: string): Outcome {
  return { name, passed: 0, failed: 1, problems: [problem] };
}
