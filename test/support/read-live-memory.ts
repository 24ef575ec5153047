import { until } from './ask-gateway.ts';

/** A process whose inspector can be opened; its log tells where. */
export interface InspectedProcess {
  readonly pid: number;
  readLog(): string;
}

/** What a process has in use once garbage is gone, in bytes. */
export interface LiveMemory {
  /** Its heap, and what stands beside it: buffers, and what TLS and HTTP/2 hold back. */
  readonly used: number;
  readonly resident: number;
}

/** The process must have been started with this, so that its inspector takes a free port. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

/**
 * Asks a process's own inspector to collect garbage and to tell what is left. Resident memory alone cannot tell a buffer
 * that is held from one that waits for its collector, nor one that is new from one in the place of an earlier one.
 */
export async function readLiveMemory(inspected: InspectedProcess): Promise<LiveMemory> {
  const address = (): string | undefined => /Debugger listening on (ws:\S+)/.exec(inspected.readLog())?.[1];
  if (address() === undefined) process.kill(inspected.pid, 'SIGUSR1');
  await until(() => address() !== undefined, 10_000, 'the inspector listens');
  const socket = new WebSocket(address() ?? '');
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the inspector refused')));
  });
  let sent = 0;
  const call = (method: string, params: object = {}): Promise<unknown> => {
    const id = ++sent;
    return new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
        if (message.id === id) resolve(message.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  // Twice: what a first collection frees can hold buffers whose memory a second one gives back.
  await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.collectGarbage');
  const answer = (await call('Runtime.evaluate', {
    expression: 'JSON.stringify(process.memoryUsage())',
  })) as { result: { value: string } };
  socket.close();
  const { heapUsed, external, rss } = JSON.parse(answer.result.value) as NodeJS.MemoryUsage;
  return { used: heapUsed + external, resident: rss };
}
