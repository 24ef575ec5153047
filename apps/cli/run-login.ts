import { addLogin, addLogout, addToken } from './commands/login.ts';
import { runCommands } from './run-commands.ts';
import type { Terminal } from './terminal.ts';

/** Commands of somebody's own machine. */
export const LOGIN_COMMANDS = [addLogin, addLogout, addToken] as const;

/** kubectl runs these before each of its own: without the store and its driver they start in a third of the time. */
export const isLoginCommand = (args: readonly string[]): boolean =>
  ['login', 'logout', 'token'].includes(args[0] ?? '');

export const runLogin = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runCommands(args, terminal, LOGIN_COMMANDS);
