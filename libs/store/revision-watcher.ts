import type { Changing } from './revision.ts';

export interface RevisionWatcher {
  /** Calls `listener` after each change, by whichever process. Answers how to stop. */
  onChange(listener: (revision: number) => void): () => void;
  /** Somebody knows a revision: our own commit, or a notification. Older ones are ignored. */
  learned(revision: number): void;
  close(): void;
}

export type RevisionWatchers = Readonly<Record<Changing, RevisionWatcher>>;

/**
 * Tells listeners once for each new revision, however it was learned. Reading it again and again is the safety net:
 * SQLite has no notifications between processes, and PostgreSQL's are lost while the connection is. Who is told
 * reliably (a worker, by its supervisor) gives nothing to read.
 */
export function createRevisionWatcher(
  readRevision: (() => Promise<number>) | undefined,
  known: number,
  everyMs: number,
): RevisionWatcher {
  const listeners = new Set<(revision: number) => void>();
  let last = known;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function learned(revision: number): void {
    if (revision <= last || closed) return;
    last = revision;
    for (const listener of listeners) listener(revision);
  }

  function pollLater(): void {
    if (!readRevision || timer || closed || listeners.size === 0) return;
    timer = setTimeout(() => {
      // A database that is down is told about by whoever needs it; here the next look is enough.
      void readRevision()
        .then(learned, () => {})
        .finally(() => {
          timer = undefined;
          pollLater();
        });
    }, everyMs);
    timer.unref();
  }

  return {
    onChange(listener) {
      // Its own function, so that one listener may be added twice and taken away once.
      const own = (revision: number) => listener(revision);
      listeners.add(own);
      pollLater();
      return () => void listeners.delete(own);
    },
    learned,
    close() {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
    },
  };
}
