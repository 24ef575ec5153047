import { Client } from 'pg';
import { holdAliveLock } from './complete-abandoned.ts';
import { CONNECT_TIMEOUT_MS } from './open-postgres.ts';
import { CHANNELS, type Change, type Changing } from './revision.ts';
import type { StoreLog } from './store.ts';

const CHANGING = Object.keys(CHANNELS) as Changing[];
const RECONNECT_AFTER_MS = 2_000;

export interface Listening {
  close(): Promise<void>;
}

/**
 * LISTENs for revisions on a connection of its own (a pooled one changes hands) and comes back after every loss.
 * What was missed meanwhile the watcher's polling finds. The same connection tells the others that this gateway runs.
 */
export function listen(
  databaseUrl: string,
  onChange: (change: Change) => void,
  log: StoreLog,
  gateway: string | undefined,
): Listening {
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let wasLost = false;

  async function connect(): Promise<void> {
    const next = new Client({
      connectionString: databaseUrl,
      application_name: 'gatehouse-listen',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client = next;
    next.on('error', () => lost(next));
    next.on('end', () => lost(next));
    next.on('notification', ({ channel, payload }) => {
      const revision = Number(payload);
      const of = CHANGING.find((each) => CHANNELS[each] === channel);
      if (of && Number.isSafeInteger(revision)) onChange({ of, revision });
    });
    try {
      await next.connect();
      for (const each of CHANGING) await next.query(`LISTEN ${CHANNELS[each]}`);
      if (gateway) await next.query(holdAliveLock(gateway));
      if (wasLost) log.info('listening for configuration changes again');
      wasLost = false;
    } catch {
      lost(next);
    }
  }

  function lost(which: Client): void {
    if (which !== client || closed) return;
    client = undefined;
    if (!wasLost) log.warn('the connection that listens for configuration changes was lost; polling goes on');
    wasLost = true;
    void which.end().catch(() => {});
    timer = setTimeout(() => void connect(), RECONNECT_AFTER_MS);
    timer.unref();
  }

  void connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
