export interface Instruction {
  /** Upper case: FROM, COPY, … */
  readonly name: string;
  readonly words: readonly string[];
}

/** Instructions in order; continuation lines joined, comments dropped, quotes and the brackets of the JSON form taken off. */
export function readDockerfile(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(/\s+/);
      const words = rest
        .join(' ')
        .replaceAll(/[[\]",]/g, ' ')
        .split(/\s+/);
      return { name: name.toUpperCase(), words: words.filter((word) => word !== '') };
    });
}
