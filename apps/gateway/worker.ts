import { hideSecrets } from '#config';
import { joinStore, type StoreChange } from '#store';
import { bootGateway } from './boot.ts';
import {
  CRASH,
  finishWithin,
  graceAndSaving,
  NOTHING_TO_SAVE,
  STEP_WITHIN_MS,
  WORKER_ENDS_WITHIN_MS,
} from './close-in-steps.ts';
import { describeStartFailure } from './describe-start-failure.ts';
import { CRASHED, endOnCrash } from './end-on-crash.ts';
import { createLog } from './log.ts';
import { createSupervisorLink } from './workers/create-links.ts';
import type { Message } from './workers/endpoint.ts';
import { CALL_STORE, END, FAILED, PING, READY, START, STOP, STORE_CHANGED, STORE_LOST } from './workers/topics.ts';

/**
 * One of several processes that serve; started by the supervisor, with which it shares a private channel and its number.
 * It ends when told to, and by itself when the supervisor is gone.
 */
const number = Number(process.argv[2]);
const link = createSupervisorLink(number, (message) => void process.send?.(message, undefined, undefined, () => {}));
process.title = `gatehouse worker ${number}`;
process.on('message', (message: Message) => link.receive(message));
// Ctrl-C goes to the whole group, and service managers signal every process: the supervisor alone decides.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

let logNow = createLog('info', { worker: number });
endOnCrash(
  () => logNow,
  () => {
    // What started it has failed, or never will: then there is nothing to save.
    const saved = started.then(({ gateway }) => gateway.close(CRASH));
    void finishWithin(graceAndSaving(CRASH, 0) + WORKER_ENDS_WITHIN_MS, 'the worker', () => saved)
      .catch(() => {})
      .finally(() => process.exit(CRASHED));
  },
);

const changes = new Set<(change: StoreChange) => void>();
const storeLost = Promise.withResolvers<Error>();
link.answer(STORE_LOST, (reason) => storeLost.resolve(new Error(reason)));
link.answer(STORE_CHANGED, (change) => changes.forEach((listener) => listener(change)));

async function start() {
  const orders = await link.ask(START, undefined);
  const config = hideSecrets(orders.config);
  const log = createLog(config.log.level, { worker: number });
  const store = await joinStore(orders.store, {
    call: (call) => link.ask(CALL_STORE, call),
    onChange(listener) {
      changes.add(listener);
      return () => void changes.delete(listener);
    },
    lost: storeLost.promise,
    databaseUrl: config.databaseUrl,
    databaseConnections: connectionsOfWorker(config.databaseConnections, config.workers),
    log,
  });
  const gateway = await bootGateway(config, { store, supervisor: link, gateway: orders.gateway, log });
  logNow = log;
  // A supervisor that is gone took SQLite with it: nothing can be saved any more.
  return { gateway, store, lonely: orders.store.engine === 'sqlite' ? NOTHING_TO_SAVE : { graceMs: 0 } };
}

/** Two are left to the supervisor. */
function connectionsOfWorker(connections: number, workers: number): number {
  return Math.max(2, Math.floor((connections - 2) / workers));
}

const started = start();

link.answer(STOP, async (options) => {
  const { gateway, store } = await started;
  try {
    await gateway.close(options);
  } finally {
    await store.close(STEP_WITHIN_MS);
  }
});
link.answer(PING, () => {});
link.answer(END, () => process.exit(0));

process.on('disconnect', () => {
  link.lose();
  void (async () => {
    const { gateway, lonely } = await started;
    logNow.error('the supervisor is gone; ending');
    await gateway.close(lonely);
  })()
    .catch(() => {})
    .finally(() => process.exit(1));
});

started.then(
  ({ gateway }) => link.tell(READY, { port: gateway.port }),
  async (error: unknown) => {
    await link.ask(FAILED, describeStartFailure(error)).catch(() => {});
    process.exit(1);
  },
);
