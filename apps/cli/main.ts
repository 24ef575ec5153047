import { isLoginCommand } from './run-login.ts';
import type { Terminal } from './terminal.ts';

// A reader that has seen enough (`gatehouse audit list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const args = process.argv.slice(2);
const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  stdin: process.stdin,
  now: () => Date.now(),
};
process.exitCode = isLoginCommand(args)
  ? await (await import('./run-login.ts')).runLogin(args, terminal)
  : await (await import('./run.ts')).run(args, terminal);
