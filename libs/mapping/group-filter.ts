/** Whether a group goes upstream. */
type GroupFilter = (name: string) => boolean;

const compiled = new WeakMap<readonly string[], GroupFilter>();

/**
 * The filter that a mapping's `only` stands for: whole names, or a prefix before a `*` at the end. Compiled once for a
 * mapping, so that a person's hundreds of groups cost a look-up each.
 */
export function groupFilter(only: readonly string[]): GroupFilter {
  let filter = compiled.get(only);
  if (!filter) {
    const exact = new Set(only.filter((entry) => !entry.endsWith('*')));
    const prefixes = only.filter((entry) => entry.endsWith('*')).map((entry) => entry.slice(0, -1));
    filter = (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
    compiled.set(only, filter);
  }
  return filter;
}
