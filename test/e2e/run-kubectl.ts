import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { world } from './world.ts';

export interface KubectlRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

export interface KubectlOptions {
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

export function spawnKubectl(kubeconfig: string, args: readonly string[], options: KubectlOptions = {}): ChildProcess {
  // A home of its own: a discovery cache of another run would answer for the server.
  const home = mkdtempSync(join(world().directory, 'home-'));
  return spawn(world().kubectlPath, ['--kubeconfig', kubeconfig, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: home, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    stdio: 'pipe',
  });
}

/** Runs the real kubectl to its end; never throws for a failing command. Killed after 60 s. */
export async function kubectl(
  kubeconfig: string,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlRun> {
  const child = spawnKubectl(kubeconfig, args, options);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? -1));
  });
  clearTimeout(timer);
  const stdoutBytes = Buffer.concat(out);
  return { code, stdout: stdoutBytes.toString(), stderr: Buffer.concat(err).toString(), stdoutBytes };
}

/** Waits until what a child writes holds the text. @throws after 20 s, with what it wrote. */
export async function waitForOutput(child: ChildProcess, text: string): Promise<string> {
  let seen = '';
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no ${JSON.stringify(text)} within 20 s in ${JSON.stringify(seen)}`)),
      20_000,
    );
    const look = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (!seen.includes(text)) return;
      clearTimeout(timer);
      resolve(seen);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
  });
}
