const MAX_USED_STATES = 10_000;

/**
 * Says once of each login state that it is new. Kept by the supervisor, for all workers. Bounded: the provider refuses
 * a replayed code anyway; this one answers without asking it.
 */
export function createStateClaims(): (state: string) => boolean {
  const used = new Set<string>();
  return (state) => {
    if (used.has(state)) return false;
    used.add(state);
    if (used.size > MAX_USED_STATES) used.delete(used.values().next().value as string);
    return true;
  };
}
