/**
 * The known word that a misspelt one most likely means, or undefined. Two edits at the most, and never more than a
 * third of the word, so that short words do not match just anything.
 */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  let best: { known: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const limit = Math.min(2, Math.max(1, Math.floor(candidate.length / 3)));
    if (distance <= limit && (!best || distance < best.distance)) best = { known: candidate, distance };
  }
  return best?.known;
}

/** Levenshtein with swapped neighbours as one edit: the commonest slip of all. */
function editDistance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const swapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(at(i - 1, j) + 1, (row[j - 1] ?? Infinity) + 1, at(i - 1, j - 1) + (same ? 0 : 1), swapped));
    }
  }
  return at(one.length, other.length);
}
