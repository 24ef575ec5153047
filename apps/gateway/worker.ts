import { hideSecrets } from '#config';
import { joinStore } from '#store';
import { bootGateway } from './boot.ts';
import { describeStartFailure } from './describe-start-failure.ts';
import { createLog } from './log.ts';
import { createSupervisorLink } from './workers/create-links.ts';
import type { Message } from './workers/endpoint.ts';
import { CALL_STORE, END, FAILED, PING, READY, START, STOP, STORE_CHANGED } from './workers/topics.ts';

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

const changes = new Set<(revision: number) => void>();
link.answer(STORE_CHANGED, (revision) => changes.forEach((listener) => listener(revision)));

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
    databaseUrl: config.databaseUrl,
    databaseConnections: connectionsOfWorker(config.databaseConnections, config.workers),
    log,
  });
  const gateway = await bootGateway(config, { store, supervisor: link, gateway: orders.gateway, log });
  // A supervisor that is gone took SQLite with it: nothing can be saved any more.
  const saveWithinMs = orders.store.engine === 'sqlite' ? 0 : undefined;
  return { gateway, store, log, lonely: { graceMs: 0, ...(saveWithinMs === undefined ? {} : { saveWithinMs }) } };
}

/** Two are left to the supervisor. */
function connectionsOfWorker(connections: number, workers: number): number {
  return Math.max(2, Math.floor((connections - 2) / workers));
}

const started = start();

link.answer(STOP, async () => {
  const { gateway, store } = await started;
  try {
    await gateway.close();
  } finally {
    await store.close();
  }
});
link.answer(PING, () => {});
link.answer(END, () => process.exit(0));

process.on('disconnect', () => {
  link.lose();
  void (async () => {
    const { gateway, log, lonely } = await started;
    log.error('the supervisor is gone; ending');
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
