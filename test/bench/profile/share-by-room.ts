import type { Frame } from './read-profile.ts';

/**
 * Share (0 to 1) of the time of all threads by who spent it, the most first: rooms of ours, packages, modules of Node.
 * What has no file (system calls, regular expressions, copies) counts for who called it; whatever is not the thread
 * `requests` counts for its thread.
 */
export function shareByRoom(threads: readonly (readonly [name: string, frame: Frame])[]): Record<string, number> {
  const sums = new Map<string, number>();
  const add = (room: string, micros: number): void => void sums.set(room, (sums.get(room) ?? 0) + micros);
  const walk = (frame: Frame, above: string): void => {
    const room = roomOf(frame) ?? above;
    add(room, frame.selfMicros);
    for (const child of frame.children.values()) walk(child, room);
  };
  for (const [name, frame] of threads) {
    if (name === 'requests') walk(frame, 'V8 and system');
    else add(`thread ${name}`, frame.totalMicros);
  }
  const total = threads.reduce((sum, [, frame]) => sum + frame.totalMicros, 0);
  return Object.fromEntries(
    [...sums]
      .filter(([, micros]) => micros > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([room, micros]) => [room, micros / total]),
  );
}

function roomOf({ name, place }: Frame): string | undefined {
  if (name === '(garbage collector)') return 'garbage collection';
  const [, ours] = /^((?:libs|apps)\/[^/]+)\//.exec(place) ?? [];
  if (ours !== undefined) return ours;
  const [, dependency] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(place) ?? [];
  if (dependency !== undefined) return dependency;
  const [, module] = /^node:(?:internal\/)?_?([a-z]+)/.exec(place) ?? [];
  return module === undefined ? undefined : `node:${module}`;
}
