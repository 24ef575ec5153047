import { Client } from 'pg';
import { holdAliveLock } from './complete-abandoned.ts';
import { CONNECT_TIMEOUT_MS } from './open-postgres.ts';
import { REVISION_CHANNEL } from './revision.ts';
import type { StoreLog } from './store.ts';

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
  onRevision: (revision: number) => void,
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
    next.on('notification', ({ payload }) => {
      const revision = Number(payload);
      if (Number.isSafeInteger(revision)) onRevision(revision);
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${REVISION_CHANNEL}`);
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
