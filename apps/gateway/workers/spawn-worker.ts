import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Endpoint, Message } from './endpoint.ts';

/** The supervisor's end of the link to one worker. */
export interface WorkerWire extends Pick<Endpoint, 'ask' | 'tell' | 'receive'> {
  gone(): void;
}

export interface WorkerProcess {
  readonly pid: number;
  /** How the process ended, in words; resolves after its last message was received. */
  readonly ended: Promise<string>;
  ask: WorkerWire['ask'];
  tell: WorkerWire['tell'];
  kill(): void;
}

const FILE = fileURLToPath(new URL('../worker.js', import.meta.url));

/** Starts a worker's process. Structured clone on the channel, so that buffers and undefined arrive as they are. */
export function spawnWorker(number: number, attach: (post: (message: Message) => void) => WorkerWire): WorkerProcess {
  const child = fork(FILE, [String(number)], { serialization: 'advanced' });
  // A worker that is gone hears nothing; that it is gone is told by its end.
  const wire = attach((message) => {
    if (child.connected) child.send(message as never, () => {});
  });
  child.on('message', (message) => wire.receive(message as Message));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // Not 'exit': 'close' comes after the last message was read from the channel (which we must not disconnect, then).
    child.once('close', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  }).finally(wire.gone);
  return {
    pid: child.pid ?? 0,
    ended,
    ask: wire.ask,
    tell: wire.tell,
    kill: () => void child.kill('SIGKILL'),
  };
}
