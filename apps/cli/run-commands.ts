import { Command, CommanderError } from 'commander';
import { GatehouseError } from '#errors';
import { CliFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 2;

export type AddCommand = (program: Command, terminal: Terminal) => void;

/** Runs one command line and answers the exit code: 0 done, 1 failed, 2 not understood (or what the command says). */
export async function runCommands(
  args: readonly string[],
  terminal: Terminal,
  commands: readonly AddCommand[],
  isExpected: (error: unknown) => boolean = () => false,
): Promise<number> {
  const program = new Command('gatehouse')
    .description('Works on the gateway’s configured database, beside a running gateway or without one.')
    .option(
      '-c, --config <file>',
      'gatehouse.yaml to use (also GATEHOUSE_CONFIG_FILE; else ./gatehouse.yaml, if there is one)',
    )
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)');
  for (const add of commands) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return OK;
  } catch (error) {
    // Commander has said what it does not understand; for help it throws as well.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    const expected = error instanceof CliFailure || error instanceof GatehouseError || isExpected(error);
    terminal.say(`gatehouse: ${expected ? (error as Error).message : ((error as Error).stack ?? String(error))}`);
    return error instanceof CliFailure ? error.exitCode : FAILED;
  }
}
