import type { Results } from '../results.ts';
import type { World } from '../world.ts';

/** Rounds of the sections that take many requests or many gateways, so that all together end within 15 minutes. */
export const MOST_ROUNDS = 5;

export interface SectionOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** How many watches are held, memory read at each; the peers hold the first of them. Default 2,000 and 10,000. */
  readonly watches?: readonly number[];
  /** Names of what is compared; absent = all. */
  readonly only: readonly string[] | undefined;
  /** Folder that gets a `.cpuprofile` of each thread of the gateway. */
  readonly cpuProfileDirectory: string | undefined;
}

export interface SectionResult {
  /** What goes into results.json; objects of several sections are merged. */
  readonly results: Results;
  /** Tables for people. */
  readonly text: string;
  /** Pictures for docs/performance, by file name. */
  readonly pictures?: Readonly<Record<string, string>>;
  /** Why the run does not count; empty when it does. */
  readonly voids: readonly string[];
}

/** One part of the benchmark, which can be run alone. */
export interface Section {
  readonly name: string;
  /** What `--only` may name. */
  readonly subjects: readonly string[];
  measure(world: World, options: SectionOptions): Promise<SectionResult>;
}
