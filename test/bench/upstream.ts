import type { BenchFiles, StartProgram } from './start-program.ts';

/** The stub API server; see upstream/main.go. */
export interface Upstream {
  readonly origin: string;
  readonly port: number;
  readonly pid: number;
  /** Requests that reached it, those that it answered in full, and watches that are open. */
  counts(): Promise<{ requests: number; answered: number; watches: number }>;
  /** Tells one event to all open watches; answers to how many. */
  emit(): Promise<number>;
}

export async function startUpstream(options: {
  start: StartProgram;
  executable: string;
  files: BenchFiles;
  ports: readonly number[];
}): Promise<Upstream> {
  const [port = 0, controlPort = 0] = options.ports;
  const { certificate, key } = options.files;
  const control = `http://127.0.0.1:${controlPort}`;
  const counts: Upstream['counts'] = async () => (await (await fetch(`${control}/counts`)).json()) as never;
  const part = await options.start('upstream', {
    executable: options.executable,
    // prettier-ignore
    arguments: ['-address', `127.0.0.1:${port}`, '-control', `127.0.0.1:${controlPort}`, '-certificate', certificate, '-key', key],
    isReady: async () => (await counts()).requests >= 0,
  });
  return {
    origin: `https://127.0.0.1:${port}`,
    port,
    pid: part.pid,
    counts,
    emit: async () => Number(await (await fetch(`${control}/emit`, { method: 'POST' })).text()),
  };
}
