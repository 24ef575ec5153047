import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { SmallWorld } from './small-world.ts';

/**
 * Sends this many requests on a few kept connections, a batch at a time (the answers are counted, not read), and says
 * how often each status came. Bounded in number; loopback only.
 *
 * @param headersOf lines of the i-th request, after its first; without line ends.
 */
export async function flood(
  world: SmallWorld,
  count: number,
  options: { readonly target?: string; readonly connections?: number; headersOf(i: number): readonly string[] },
): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const { target = '/api/v1/pods', connections = 8 } = options;
  let next = 0;
  const one = async (): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: world.port, ca: world.ca });
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    let rest = '';
    let answered = 0;
    let wanted = 0;
    let done = (): void => {};
    socket.on('data', (chunk: Buffer) => {
      const text = rest + chunk.toString('latin1');
      for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        answered++;
      }
      // A status line may be cut in two, and must not be counted twice.
      rest = /HTTP\/1\.1 \d{3}$/.test(text.slice(-12)) ? '' : text.slice(-11);
      if (answered >= wanted) done();
    });
    while (next < count) {
      const batch = Math.min(20, count - next);
      let bytes = '';
      for (let i = 0; i < batch; i++)
        bytes += [`GET ${target} HTTP/1.1`, ...options.headersOf(next++), '', ''].join('\r\n');
      wanted += batch;
      await new Promise<void>((resolve, reject) => {
        done = resolve;
        socket.once('close', () => reject(new Error('the gateway closed a flooding connection')));
        socket.write(bytes);
      });
      socket.removeAllListeners('close');
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, one));
  return statuses;
}

/** The process and those that it has started. */
function pidsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

const sumOf = (pid: number, read: (pid: number) => number): number =>
  pidsOf(pid).reduce((sum, each) => sum + read(each), 0);

/** Seconds of processor time that a gateway has used, its workers' included. */
export function cpuSecondsOf(gateway: number): number {
  return sumOf(gateway, (pid) => {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}

/** Memory of a gateway, its workers' included. */
export function rssMibOf(gateway: number): number {
  return sumOf(
    gateway,
    (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );
}
