/**
 * Beginnings of names that no Issuer gives: `system:` is Kubernetes' own, and `gatehouse:` begins the names of the
 * gateway's service identities and of their groups. A person who had one would be that machine to every rule of a
 * cluster, and to everybody who reads a log.
 */
const RESERVED = ['system:', 'gatehouse:'] as const;
export type ReservedBeginning = (typeof RESERVED)[number];

/** Enough for a reserved beginning with what may be hidden in it; a name may have a kilobyte. */
const LOOKED_AT = 64;

/** Without differences that a reader, or a system that folds names, does not see: case, width, blanks, invisible characters. */
const fold = (text: string): string =>
  text
    .slice(0, LOOKED_AT)
    .normalize('NFKC')
    .replace(/[\p{White_Space}\p{Cf}]/gu, '')
    .toLowerCase();

/** With what reserved beginning this name begins, as it stands or in a spelling that looks the same. */
export function reservedBeginningOf(name: string): ReservedBeginning | undefined {
  const folded = fold(name);
  return RESERVED.find((reserved) => folded.startsWith(reserved));
}

/**
 * What reserved beginning names with this prefix have, or could have by what follows it (`gate` and `house:admin`). The
 * empty prefix is left out: there the whole name is the claim's, and is judged by itself.
 */
export function reservedByPrefix(prefix: string): ReservedBeginning | undefined {
  const folded = fold(prefix);
  return RESERVED.find((reserved) => folded.startsWith(reserved) || (folded !== '' && reserved.startsWith(folded)));
}
