import { spawn, type ChildProcess } from 'node:child_process';

export interface KubectlOptions {
  /** Written to stdin, which is then closed. Without it stdin is empty. */
  input?: string | Buffer;
  env?: Record<string, string>;
  /** Path; default: the cluster's administrator. */
  kubeconfig?: string;
  /** kubectl is killed after it; default 60. */
  timeoutSeconds?: number;
}

export interface KubectlResult {
  /** Exit code; -1 if killed. */
  code: number;
  stdout: string;
  /** The same as `stdout`, for output that is not text. */
  stdoutBytes: Buffer;
  stderr: string;
}

export interface Kubectl {
  path: string;
  kubeconfig: string;
  /** Holds kubectl's discovery cache. */
  home: string;
}

/** Starts kubectl with pipes, for commands that run until they are stopped (`logs -f`, `port-forward`). */
export function spawnKubectl(kubectl: Kubectl, args: readonly string[], options: KubectlOptions = {}): ChildProcess {
  return spawn(kubectl.path, [...args], {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: kubectl.home,
      KUBECONFIG: options.kubeconfig ?? kubectl.kubeconfig,
      ...options.env,
    },
  });
}

/** Runs kubectl to its end. Never throws for a failing command: see `code`. */
export function runKubectl(
  kubectl: Kubectl,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = spawnKubectl(kubectl, args, options);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.timeoutSeconds ?? 60) * 1000);
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    // kubectl may end before it has read everything.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const stdoutBytes = Buffer.concat(stdout);
      resolve({
        code: code ?? -1,
        stdout: stdoutBytes.toString(),
        stdoutBytes,
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}
