import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf, ask, connectTo, open, type AskTarget } from '../support/ask-gateway.ts';
import { readLiveMemory, type InspectedProcess } from '../support/read-live-memory.ts';
import { openDescriptors, residentBytes } from '../support/read-memory.ts';
import { findGrowth, type Sample } from './find-growth.ts';

export interface SoakOptions {
  /** The gateway, and a token that may do everything in `team-a`. */
  readonly target: AskTarget;
  /** The gateway's process, started INSPECTABLE. */
  readonly gateway: InspectedProcess;
  readonly seconds: number;
  /** How many times longer the load pauses than where it is meant to press; 1 presses. */
  readonly pauses: number;
  /** Told of each sample as it is taken. */
  readonly onSample: (sample: Sample, done: Readonly<Record<string, number>>) => void;
}

export interface SoakResult {
  /** How often each kind of load was done. */
  readonly done: Readonly<Record<string, number>>;
  /** What was not flat, and what went wrong; none in a good run. */
  readonly problems: readonly string[];
  readonly samples: readonly Sample[];
}

const API = '/clusters/demo/api/v1/namespaces/team-a';
const HELD_WATCHES = 40;
const SAMPLES = 60;
/** Every so many samples memory is read after a collection: four times in each third of a run. */
const LIVE_EVERY = 5;

/**
 * Mixed load on a real control plane: watches that are held and watches that come and go, whole lists, lists whose
 * client leaves, execs that end and execs that are left, and objects that come and go so that watches have events.
 */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { target, gateway, seconds, pauses } = options;
  const done: Record<string, number> = {};
  const faults = new Map<string, number>();
  const end = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() >= end;
  /** Does it over and over until the time is over; a fault is counted and the load goes on. */
  const again = async (name: string, pauseMs: number, act: () => Promise<void>): Promise<void> => {
    done[name] = 0;
    while (!isOver()) {
      try {
        await act();
        done[name] = (done[name] ?? 0) + 1;
      } catch (error) {
        const text = `${name}: ${String(error)}`;
        faults.set(text, (faults.get(text) ?? 0) + 1);
      }
      await sleep(pauseMs * pauses);
    }
  };
  const watchFor = async (milliseconds: number): Promise<void> => {
    const request = open(target, `${API}/configmaps?watch=1`);
    request.end();
    const answer = await answerOf(request);
    request.on('error', () => {});
    answer.on('error', () => {});
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
    const closed = new Promise<void>((resolve) => answer.once('close', resolve));
    await Promise.race([closed, sleep(milliseconds)]);
    answer.destroy();
    await closed;
  };
  const list = async (path: string): Promise<void> => {
    const asked = await ask(target, path);
    if (asked.status !== 200 || asked.broken) throw new Error(`status ${asked.status}, ${asked.broken ?? 'whole'}`);
  };
  const leaveInList = async (): Promise<void> => {
    const request = open(target, `${API}/pods`);
    request.end();
    const answer = await answerOf(request);
    request.on('error', () => {});
    answer.on('error', () => {});
    answer.destroy();
  };
  let made = 0;
  const write = async (): Promise<void> => {
    const name = `soak-${process.pid}-${made++}`;
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { n: String(made) } });
    const headers = { 'content-type': 'application/json' };
    const created = await ask(target, `${API}/configmaps`, { method: 'POST', headers, body });
    const removed = await ask(target, `${API}/configmaps/${name}`, { method: 'DELETE' });
    if (created.status !== 201 || removed.status !== 200)
      throw new Error(`created ${created.status}, removed ${removed.status}`);
  };

  const samples: Sample[] = [];
  const began = performance.now();
  const sampling = async (): Promise<void> => {
    while (!isOver()) {
      await sleep((seconds * 1000) / SAMPLES);
      const sample = {
        atSeconds: Math.round((performance.now() - began) / 1000),
        rssBytes: residentBytes(gateway.pid),
        descriptors: openDescriptors(gateway.pid),
        ...((samples.length + 1) % LIVE_EVERY === 0 ? { live: await readLiveMemory(gateway) } : {}),
      };
      samples.push(sample);
      options.onSample(sample, done);
    }
  };
  const held = Array.from({ length: HELD_WATCHES }, () =>
    again('held watches', 0, () => watchFor(Math.max(0, end - performance.now()))),
  );
  await Promise.all([
    sampling(),
    ...held,
    ...Array.from({ length: 4 }, () => again('watches', 10, () => watchFor(300))),
    ...Array.from({ length: 3 }, () => again('lists', 20, () => list(`${API}/pods`))),
    again('long lists', 50, () => list('/clusters/demo/apis')),
    ...Array.from({ length: 2 }, () => again('lists left', 30, leaveInList)),
    ...Array.from({ length: 2 }, () => again('execs', 50, () => exec(target, 'id', 10_000, false))),
    again('execs left', 50, () => exec(target, 'sleep 30', 200, true)),
    again('writes', 50, write),
  ]);
  const idle = Object.entries(done).filter(([, count]) => count === 0);
  return {
    done,
    samples,
    problems: [
      ...findGrowth(samples),
      ...idle.map(([name]) => `${name}: not one succeeded`),
      ...[...faults].map(([text, count]) => `${text} (${count} times)`),
    ],
  };
}

/** An exec by WebSocket: to its end, or left in its middle. */
async function exec(target: AskTarget, command: string, withinMs: number, leaves: boolean): Promise<void> {
  const query = command
    .split(' ')
    .map((word) => `command=${word}`)
    .join('&');
  const socket = await connectTo(target);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  socket.write(
    `GET ${API}/pods/web/exec?${query}&stdout=true HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\nAuthorization: Bearer ${target.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`,
  );
  const ended = await Promise.race([closed.then(() => true), sleep(withinMs).then(() => false)]);
  socket.destroy();
  await closed;
  // Who leaves may do so before the tunnel is open.
  if (!text.startsWith('HTTP/1.1 101') && !(leaves && text === ''))
    throw new Error(`no tunnel: ${JSON.stringify(text.slice(0, 40))}`);
  if (!leaves && !(ended && text.includes('uid='))) throw new Error('the command’s output did not come');
}
