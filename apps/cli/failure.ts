/** An expected end other than success: the lines say what and what to do. */
export class CliFailure extends Error {
  readonly exitCode: number;
  constructor(lines: readonly string[] | string, exitCode = 1) {
    super(typeof lines === 'string' ? lines : lines.join('\n'));
    this.name = 'CliFailure';
    this.exitCode = exitCode;
  }
}
