import { run } from './run.ts';

// A reader that has seen enough (`gatehouse audit list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  stdin: process.stdin,
  now: () => Date.now(),
});
