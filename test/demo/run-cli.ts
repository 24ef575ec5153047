import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real `bin/gatehouse`; answers whatever its exit code. */
export async function tryCli(
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<CliResult> {
  const child = spawn(join(rootOf(), 'bin/gatehouse'), args, {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: 'pipe',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** Runs the real `bin/gatehouse`. @throws where it exits other than 0, with what it said. */
export async function runCli(
  args: readonly string[],
  environment: Record<string, string>,
  input = '',
): Promise<string> {
  const result = await tryCli(args, environment, input);
  if (result.code !== 0)
    throw new Error(`gatehouse ${args.join(' ')} exited ${result.code}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

/** What the gateway and the command get of ours: nothing that configures them. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'NODE_COMPILE_CACHE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The checkout's root, from the sources as well as from `dist/`. */
export function rootOf(): string {
  return ROOT.endsWith('/dist') ? join(ROOT, '..') : ROOT;
}
