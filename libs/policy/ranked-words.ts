import { appendRank, type FoundRules } from './found-rules.ts';

/** Verbs and methods that requests have; each is a bit. The verb of OPTIONS is ''. */
const KNOWN =
  '* get list watch create update patch delete deletecollection proxy impersonate head post put options GET HEAD POST PUT PATCH DELETE OPTIONS';
const BITS: ReadonlyMap<string, number> = new Map([...KNOWN.split(' '), ''].map((word, index) => [word, 1 << index]));
const EVERY = BITS.get('*') as number;

interface Cell {
  readonly mask: number;
  /** Words that have no bit. */
  readonly others: string;
  readonly ranks: number[];
}

/**
 * Ranks of rules by the verbs or methods that they give. Rules with the same words share a cell, and there are few sets
 * of words that people write: cheaper, in memory above all, than a map by word.
 */
export class RankedWords {
  readonly #cells: Cell[] = [];

  add(words: readonly string[], rank: number): void {
    const mask = words.reduce((bits, word) => bits | (BITS.get(word) ?? 0), 0);
    const others = words.filter((word) => !BITS.has(word)).join('\0');
    let cell = this.#cells.find((entry) => entry.mask === mask && entry.others === others);
    if (cell === undefined) this.#cells.push((cell = { mask, others, ranks: [] }));
    appendRank(cell.ranks, rank);
  }

  find(word: string, found: FoundRules): void {
    const bit = BITS.get(word);
    for (const { mask, others, ranks } of this.#cells)
      if ((mask & (EVERY | (bit ?? 0))) !== 0 || (bit === undefined && others.split('\0').includes(word)))
        found.add(ranks);
  }

  /** Ignores `*`. @param word must have a bit. */
  findNamed(word: string, found: FoundRules): void {
    const bit = BITS.get(word) ?? 0;
    for (const { mask, ranks } of this.#cells) if ((mask & bit) !== 0) found.add(ranks);
  }
}
