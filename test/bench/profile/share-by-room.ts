import type { Frame } from './read-profile.ts';

/**
 * Share (0 to 1) of a thread's time by who spent it, the most first: rooms of ours, packages, modules of Node. What has
 * no file (system calls, regular expressions, copies) counts for who called it.
 */
export function shareByRoom(root: Frame): Record<string, number> {
  const sums = new Map<string, number>();
  const walk = (frame: Frame, above: string): void => {
    const room = roomOf(frame) ?? above;
    sums.set(room, (sums.get(room) ?? 0) + frame.selfMicros);
    for (const child of frame.children.values()) walk(child, room);
  };
  walk(root, 'V8 and system');
  return Object.fromEntries(
    [...sums]
      .filter(([, micros]) => micros > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([room, micros]) => [room, micros / root.totalMicros]),
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
