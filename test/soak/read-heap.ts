import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningGateway } from '../demo/start-gateway.ts';

/** For the gateway's environment: SIGUSR1 then opens its inspector on a free port of loopback. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=0' };
const WITHIN_MS = 10_000;

/**
 * What the gateway's main thread holds after a collection, in bytes: unlike resident memory, which rises and falls by
 * tens of MiB with the collector's mood, it shows what is held for ever. The gateway must have been started INSPECTABLE.
 */
export async function readHeldBytes(gateway: RunningGateway): Promise<number> {
  const socket = new WebSocket(await openInspector(gateway));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  let calls = 0;
  const call = (method: string, params: object = {}): Promise<{ result?: { result?: { value?: unknown } } }> => {
    const id = ++calls;
    return new Promise((resolve) => {
      const receive = ({ data }: MessageEvent): void => {
        const message = JSON.parse(String(data)) as { id?: number; result?: { result?: { value?: unknown } } };
        if (message.id !== id) return;
        socket.removeEventListener('message', receive);
        resolve(message);
      };
      socket.addEventListener('message', receive);
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  try {
    await call('HeapProfiler.enable');
    // The second takes what finalizers of the first let go.
    await call('HeapProfiler.collectGarbage');
    await call('HeapProfiler.collectGarbage');
    const { result } = await call('Runtime.evaluate', { expression: 'process.memoryUsage().heapUsed' });
    return Number(result?.result?.value);
  } finally {
    socket.close();
  }
}

async function openInspector({ pid, readLog }: RunningGateway): Promise<string> {
  const address = (): string | undefined => /Debugger listening on (ws:\S+)/.exec(readLog())?.[1];
  if (address() === undefined) process.kill(pid, 'SIGUSR1');
  for (let waited = 0; waited < WITHIN_MS; waited += 100) {
    const known = address();
    if (known !== undefined) return known;
    await sleep(100);
  }
  throw new Error('the gateway opened no inspector; was it started INSPECTABLE?');
}
