import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseWrk, type WrkResult } from './parse-wrk.ts';

export interface WrkOptions {
  /** `https://host:port`; paths come from the file. */
  readonly origin: string;
  /** See send.lua. */
  readonly requestsFile: string;
  readonly connections: number;
  readonly seconds: number;
}

/** One thread of wrk, keep-alive. Ends with this process. */
export async function runWrk({ origin, requestsFile, connections, seconds }: WrkOptions): Promise<WrkResult> {
  const script = join(import.meta.dirname, '../send.lua');
  const child = spawn(
    'setpriv',
    // prettier-ignore
    ['--pdeathsig', 'KILL', '--', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script, origin, '--', requestsFile],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return parseWrk(text);
}
