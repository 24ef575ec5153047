/** The same small numbers, 0 to below 1, on every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Changes `text` in one to three places: takes up to three characters out, puts one of `pieces` in, or both. */
export function mutate(text: string, pieces: readonly string[], random: () => number): string {
  let mutated = text;
  for (let change = 0; change <= random() * 3; change++) {
    const at = Math.floor(random() * (mutated.length + 1));
    const taken = random() < 0.5 ? Math.floor(random() * 4) : 0;
    const put = random() < 0.8 ? (pieces[Math.floor(random() * pieces.length)] as string) : '';
    mutated = mutated.slice(0, at) + put + mutated.slice(at + taken);
  }
  return mutated;
}
