import { describeError } from '#errors';
import type { MappingPorts } from '#mapping';
import { createOpenStreams, type OpenStreams, type SnapshotSource } from '#pipeline';
import type { Store } from '#store';
import type { Log } from '../log.ts';
import type { People } from './follow-people.ts';

const EXPIRY_EVERY_MS = 1_000;
/** Behind everything that is told: rules whose time has run out, and a notification that was lost. */
const RECHECK_EVERY_MS = 30_000;
/** How long after they are due at the most. */
const REFRESH_EVERY_MS = 5_000;

export interface JudgeStreamsPorts {
  readonly snapshots: SnapshotSource;
  readonly mapping: MappingPorts;
  readonly people: Pick<People, 'disabledPeople' | 'refresh' | 'refreshAll' | 'onChanged'>;
  readonly store: Pick<Store, 'sessions' | 'accessTokens' | 'objects'>;
  /** Asks the providers anew for the claims of those of these sessions that are due. */
  refreshSessions(ids: readonly string[]): Promise<void>;
  readonly refreshIntervalSeconds: number;
  readonly log: Log;
  now(): number;
}

export interface JudgedStreams extends OpenStreams {
  /** Resolves when every change saved before the call is in force here, for open streams too. */
  applyChanges(): Promise<void>;
  stop(): void;
}

/**
 * Judges the open streams of this worker again, until stopped: those of a person when the person's credentials change,
 * all of them when the configuration changes, and all of them at intervals.
 */
export function judgeStreamsAgain(ports: JudgeStreamsPorts): JudgedStreams {
  const { snapshots, people, store, log } = ports;
  const streams = createOpenStreams({
    snapshot: () => snapshots.current(),
    mapping: ports.mapping,
    disabledPeople: people.disabledPeople,
    async findAlive({ sessions, tokens }) {
      const alive = await Promise.all([
        store.sessions.claimsOf(sessions),
        store.accessTokens.claimsOfAccessTokens(tokens),
      ]);
      return new Map(alive.flat().map(({ id, claims }) => [id, claims]));
    },
    onProblem: (error) => log.error('open streams not judged again; trying later', { error: describeError(error) }),
    now: ports.now,
  });
  people.onChanged((affected) => streams.recheck(affected));
  let judgedBy = snapshots.current();
  async function applyChanges(): Promise<void> {
    await Promise.all([snapshots.refresh(), people.refresh()]);
    const snapshot = snapshots.current();
    if (snapshot === judgedBy) return;
    // Renaming a cluster also changes access tokens.
    await people.refreshAll();
    await streams.recheck('everyone');
    judgedBy = snapshot;
  }
  // A failed read is logged by the follower that owns it, and repeated at the next interval.
  const stopListening = store.objects.onChange(() => void applyChanges().catch(() => {}));
  const recheck = (): void => {
    Promise.all([snapshots.refresh(), people.refreshAll()]).then(
      () => streams.recheck('everyone'),
      () => {},
    );
  };
  const expiry = setInterval(() => streams.cutExpired(), EXPIRY_EVERY_MS);
  const regular = setInterval(recheck, RECHECK_EVERY_MS);
  // A session that only holds a watch open sends no request that would find its claims too old.
  const refresh = setInterval(
    () => {
      const ids = streams.sessionIds();
      if (ids.length === 0) return;
      ports
        .refreshSessions(ids)
        .catch((error: unknown) => log.warn('sessions of open streams not refreshed', { error: describeError(error) }));
    },
    Math.min(REFRESH_EVERY_MS, (ports.refreshIntervalSeconds * 1000) / 4),
  );
  refresh.unref();
  expiry.unref();
  regular.unref();
  return {
    ...streams,
    applyChanges,
    stop() {
      stopListening();
      clearInterval(expiry);
      clearInterval(regular);
      clearInterval(refresh);
    },
  };
}
