/** What V8 writes with `--cpu-prof`; https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node id of each sample, and microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A function below another; times in microseconds. */
export interface Frame {
  readonly name: string;
  /** File and line, shortened to what is below the checkout. */
  readonly place: string;
  selfMicros: number;
  totalMicros: number;
  readonly children: Map<string, Frame>;
}

const IDLE = new Set(['(idle)', '(root)']);

/**
 * The tree of what was running, without idling; the same function at the same place is one frame.
 * @param lastMicros only so much before the profile's end, so that the start of the program is not in it.
 */
export function readFrames(profile: CpuProfile, lastMicros = Infinity): Frame {
  const root: Frame = { name: 'all', place: '', selfMicros: 0, totalMicros: 0, children: new Map() };
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map<number, Frame>();
  const frameOf = (id: number): Frame => {
    const known = frames.get(id);
    if (known) return known;
    const parent = parents.get(id);
    let frame = root;
    if (parent !== undefined) {
      const above = frameOf(parent);
      const { name, place } = describe((nodes.get(id) as ProfileNode).callFrame);
      const key = `${name} ${place}`;
      frame = above.children.get(key) ?? { name, place, selfMicros: 0, totalMicros: 0, children: new Map() };
      above.children.set(key, frame);
    }
    frames.set(id, frame);
    return frame;
  };
  let at = profile.startTime;
  profile.samples.forEach((id, index) => {
    at += profile.timeDeltas[index] ?? 0;
    if (at < profile.endTime - lastMicros) return;
    const node = nodes.get(id);
    // A delta is the time up to its sample, in which the sample before was running.
    const micros = profile.timeDeltas[index + 1] ?? 0;
    if (node && micros > 0 && !IDLE.has(node.callFrame.functionName)) frameOf(id).selfMicros += micros;
  });
  total(root);
  return root;
}

function describe({ functionName, url, lineNumber }: ProfileNode['callFrame']): { name: string; place: string } {
  const file = url.replace(/^.*\/(dist|node_modules|test)\//, (_, folder: string) =>
    folder === 'dist' ? '' : `${folder}/`,
  );
  return { name: functionName || '(anonymous)', place: url ? `${file}:${lineNumber + 1}` : '' };
}

function total(frame: Frame): number {
  frame.totalMicros = frame.selfMicros;
  for (const [key, child] of frame.children) {
    if (total(child) === 0) frame.children.delete(key);
    frame.totalMicros += child.totalMicros;
  }
  return frame.totalMicros;
}

/** One tree of several threads, each a frame of its own below the root. */
export function joinThreads(threads: readonly (readonly [string, Frame])[]): Frame {
  const root: Frame = { name: 'all', place: '', selfMicros: 0, totalMicros: 0, children: new Map() };
  for (const [at, [name, frame]] of threads.entries()) {
    root.children.set(`${name} ${at}`, { ...frame, name });
    root.totalMicros += frame.totalMicros;
  }
  return root;
}

export interface SelfTime {
  readonly name: string;
  readonly place: string;
  /** Share of all time that was not idle, 0 to 1. */
  readonly share: number;
}

/** Functions by the time in themselves, wherever they were called from; the longest first. */
export function selfTimes(root: Frame): SelfTime[] {
  const sums = new Map<string, { name: string; place: string; micros: number }>();
  const add = (frame: Frame): void => {
    const key = `${frame.name} ${frame.place}`;
    const sum = sums.get(key) ?? { name: frame.name, place: frame.place, micros: 0 };
    sum.micros += frame.selfMicros;
    sums.set(key, sum);
    frame.children.forEach(add);
  };
  add(root);
  return [...sums.values()]
    .filter(({ micros }) => micros > 0)
    .sort((a, b) => b.micros - a.micros)
    .map(({ name, place, micros }) => ({ name, place, share: micros / root.totalMicros }));
}
