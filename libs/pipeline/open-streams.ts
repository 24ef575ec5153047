import type { ErrorCode } from '#errors';
import { affects, joinAffected, type Affected } from '#identity';
import { rejudge, type LiveCredentials, type OpenedBy, type RejudgePorts } from './rejudge.ts';
import type { Snapshot } from './snapshot.ts';

export interface OpenStreams {
  /**
   * Adds a stream, and returns the function that removes it. `abort` must end both sides at once.
   * @param judgedAt the epoch when the stream was judged. If a recheck has begun since, the stream is judged again, alone.
   */
  add(opened: OpenedBy, abort: (code: ErrorCode, message?: string) => void, judgedAt: number): () => void;
  /** Cuts the streams that would no longer be allowed; resolves when every stream of the affected people was judged. */
  recheck(affected: Affected): Promise<void>;
  /** Sessions that have something open. */
  sessionIds(): string[];
  /** Cuts streams whose credential has expired; cheap enough for every second. */
  cutExpired(): void;
  size(): number;
  /** Counts the streams judged again, once for each time. */
  judgements(): number;
  /** Counts rechecks. */
  epoch(): number;
}

export interface OpenStreamsPorts extends RejudgePorts {
  snapshot(): Snapshot;
  /** Those of these sessions and access tokens that still exist, with the claims by which each acts now. */
  findAlive(ids: { readonly sessions: string[]; readonly tokens: string[] }): Promise<LiveCredentials>;
  onProblem(error: unknown): void;
}

/** Judging ten thousand streams takes a while; others get their turn in between. */
const SLICE = 200;
const NOBODY: LiveCredentials = new Map();

interface Entry {
  readonly opened: OpenedBy;
  readonly abort: (code: ErrorCode, message?: string) => void;
}

/**
 * Watches, log streams, execs and port-forwards that are open. A request is judged once; a stream is judged again
 * whenever anything that it was judged by has changed (security.md, "revocation reaches open streams"). When that
 * cannot be found out, the stream goes on: the change itself has already stopped every new request, and a database
 * that is down for a moment must not end everybody's work (faults to survive); the next recheck comes with the store.
 */
export function createOpenStreams(ports: OpenStreamsPorts): OpenStreams {
  const entries = new Set<Entry>();
  let running: Promise<void> | undefined;
  /** The people whose streams the next run judges. */
  let waiting: Affected | undefined;
  let epoch = 0;
  let judgements = 0;

  function idsOf(kind: 'session' | 'token', among: Iterable<Entry>): string[] {
    const ids = new Set<string>();
    for (const { opened } of among) {
      const { credential } = opened.identity;
      if (credential.kind === kind) ids.add(credential.id);
    }
    return [...ids];
  }

  async function judge(now: readonly Entry[]): Promise<void> {
    if (now.length === 0) return;
    const snapshot = ports.snapshot();
    const ids = { sessions: idsOf('session', now), tokens: idsOf('token', now) };
    const alive = ids.sessions.length + ids.tokens.length === 0 ? NOBODY : await ports.findAlive(ids);
    for (const [at, entry] of now.entries()) {
      if (at % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
      if (!entries.has(entry)) continue;
      judgements++;
      const refusal = await rejudge(entry.opened, snapshot, alive, ports);
      if (refusal) entry.abort(refusal.code, refusal.message);
    }
  }

  function recheck(affected: Affected): Promise<void> {
    epoch++;
    waiting = waiting === undefined ? affected : joinAffected(waiting, affected);
    // Who asks while one runs waits for another that began after the question.
    running ??= (async () => {
      try {
        while (waiting !== undefined) {
          const isAffected = affects(waiting);
          waiting = undefined;
          await judge([...entries].filter(({ opened }) => isAffected(opened.identity)));
        }
      } finally {
        running = undefined;
      }
    })();
    return running;
  }

  return {
    add(opened, abort, judgedAt) {
      const entry = { opened, abort };
      entries.add(entry);
      if (judgedAt !== epoch) judge([entry]).catch(ports.onProblem);
      return () => void entries.delete(entry);
    },
    recheck: (affected) => recheck(affected).catch(ports.onProblem),
    sessionIds: () => idsOf('session', entries),
    cutExpired() {
      const nowMs = ports.now();
      for (const { opened, abort } of entries)
        if (nowMs >= opened.identity.expiresAtMs)
          abort('expiredCredential', 'the credential that opened this has expired');
    },
    size: () => entries.size,
    judgements: () => judgements,
    epoch: () => epoch,
  };
}
