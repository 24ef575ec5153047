/** Where a command reads and writes. What people asked for goes to `out`, everything else to `say`. */
export interface Terminal {
  /** A line on standard output. */
  out(line: string): void;
  /** A line on standard error. */
  say(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  now(): number;
}

/**
 * Makes text from the network harmless on a terminal: controls, escapes and invisible characters (bidirectional ones
 * swap what one reads) become \u escapes.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`,
  );
}

/** Columns as wide as their widest cell; every cell on one line. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => visible(cell) || '-'));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}
