import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that has a store open, because what a library does to its disk must not reach the test. */
export interface StoreChild {
  /** Saves one record. Returns its id when the store has promised it. @throws the described error. */
  append(): Promise<string>;
  kill(): Promise<void>;
  /** Closes the store; returns the exit code. */
  close(): Promise<number>;
}

/** @param more arguments for Node. */
export async function startStoreChild(
  sqlitePath: string,
  environment: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<StoreChild> {
  const program = fileURLToPath(new URL('./append-on-request.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', ...more, program, sqlitePath], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done) throw new Error('the process with the store has ended');
    const [what, ...rest] = line.value.split(' ');
    if (what === 'failed') throw new Error(rest.join(' '));
    return rest.join(' ');
  };
  await next();
  return {
    append() {
      child.stdin.write('append\n');
      return next();
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async close() {
      child.stdin.end();
      return await exited;
    },
  };
}
