const MAX_NAMES = 500;
const MAX_LENGTH = 64;

/**
 * What `read` says of a header by its name alone, given in lower case: one look-up instead of ten, since the same few
 * names are spelt the same way again and again. Bounded, since anybody may invent some.
 */
export function rememberNames<T>(read: (lowerName: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const made = read(name.toLowerCase());
    if (known.size < MAX_NAMES && name.length <= MAX_LENGTH) known.set(name, made);
    return made;
  };
}
