import { describeError, GatehouseError } from '#errors';
import type { Log } from '../log.ts';
import type { CloseOptions } from '../close-in-steps.ts';
import type { WorkersEnd } from './create-links.ts';
import { createRestartPolicy } from './restart-policy.ts';
import { watchWorker } from './watch-worker.ts';
import { spawnWorker, type WorkerProcess } from './spawn-worker.ts';
import { END, FAILED, PING, READY, STOP, type StartFailure } from './topics.ts';

export interface Crew {
  /** Resolves when every worker serves for the first time. @throws what stops them from it. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when workers cannot be kept running. */
  readonly failed: Promise<Error>;
  /** Drains all; kills who takes longer. Answers how many did not end as they should. */
  stop(options?: CloseOptions): Promise<number>;
}

export interface CrewOptions {
  readonly count: number;
  readonly links: WorkersEnd;
  readonly log: Log;
  /** A worker that takes longer to drain is killed. */
  stopWithinMs(options: CloseOptions): number;
  /** Called when a worker ended that was not stopped; its messages have all been received. */
  readonly onLost: (worker: number) => void;
}

interface Member {
  readonly worker: number;
  readonly process: WorkerProcess;
  readonly startedAtMs: number;
  serves: boolean;
  failure: StartFailure | undefined;
  unwatch(): void;
}

const PING_EVERY_MS = 10_000;
/** No work of a worker takes nearly as long; a machine that is out of memory or was asleep may. */
const STUCK_AFTER_MS = 30_000;

/** Starts the workers and replaces each that ends. */
export function keepWorkers({ count, links, log, stopWithinMs, onLost }: CrewOptions): Crew {
  const members = new Map<number, Member>();
  const timers = new Set<NodeJS.Timeout>();
  const judge = createRestartPolicy(Date.now);
  let numbers = 0;
  let stopping = false;
  let allServed = false;
  const ready = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<Error>();
  // Who starts the crew waits for `ready`; later failures are told by `failed`.
  ready.promise.catch(() => {});

  links.answer(READY, (_, worker) => {
    const member = members.get(worker);
    if (member) member.serves = true;
    allServed ||= members.size === count && [...members.values()].every(({ serves }) => serves);
    if (allServed) ready.resolve();
  });
  links.answer(FAILED, (failure, worker) => {
    const member = members.get(worker);
    if (member) member.failure = failure;
  });

  function giveUp(reason: string): void {
    const error = new GatehouseError('internal', reason);
    ready.reject(error);
    failed.resolve(error);
  }

  function startOne(): void {
    numbers += 1;
    const worker = numbers;
    const process = spawnWorker(worker, (post) => links.attach(worker, post));
    const unwatch = watchWorker({
      ask: () => process.ask(PING, undefined),
      onStuck() {
        log.error('a worker hangs and is killed', { worker, pid: process.pid, afterSeconds: STUCK_AFTER_MS / 1000 });
        process.kill();
      },
      everyMs: PING_EVERY_MS,
      withinMs: STUCK_AFTER_MS,
    });
    const member: Member = { worker, process, startedAtMs: Date.now(), serves: false, failure: undefined, unwatch };
    members.set(worker, member);
    void process.ended.then((how) => end(member, how));
  }

  function end(member: Member, how: string): void {
    const { worker, serves, failure, process } = member;
    member.unwatch();
    members.delete(worker);
    if (stopping) return;
    log.error('a worker ended', { worker, pid: process.pid, how, ...(failure ? { reason: failure.message } : {}) });
    onLost(worker);
    // Before all have served once, a fault that was put into words is the whole gateway's: it cannot start.
    if (!allServed && failure) return giveUp(failure.message);
    const verdict = judge({
      whileStarting: !serves,
      mayPass: failure?.mayPass ?? false,
      livedMs: Date.now() - member.startedAtMs,
    });
    if (verdict.act === 'giveUp')
      return giveUp(`workers cannot be started (the last one ${how}${failure ? `: ${failure.message}` : ''})`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      startOne();
    }, verdict.afterMs);
    timers.add(timer);
  }

  async function stopOne({ worker, serves, process, unwatch }: Member, options: CloseOptions): Promise<boolean> {
    unwatch();
    // One that does not serve yet has nothing to drain.
    if (!serves) process.kill();
    const timer = setTimeout(() => {
      log.error('a worker has not drained in time and is killed', { worker });
      process.kill();
    }, stopWithinMs(options));
    const drained = await process.ask(STOP, options).then(
      () => true,
      (error: unknown) => {
        if (serves) log.error('a worker has not drained', { worker, error: describeError(error) });
        return !serves;
      },
    );
    process.tell(END, undefined);
    await process.ended;
    clearTimeout(timer);
    if (!drained) onLost(worker);
    return drained;
  }

  for (let started = 0; started < count; started += 1) startOne();
  return {
    ready: ready.promise,
    failed: failed.promise,
    async stop(options = {}) {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      const drained = await Promise.all([...members.values()].map((member) => stopOne(member, options)));
      return drained.filter((well) => !well).length;
    },
  };
}
