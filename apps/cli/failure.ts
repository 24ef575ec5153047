/** An expected end other than success: the lines say what and what to do, and the exit code is 1. */
export class CliFailure extends Error {
  constructor(lines: readonly string[] | string) {
    super(typeof lines === 'string' ? lines : lines.join('\n'));
    this.name = 'CliFailure';
  }
}
