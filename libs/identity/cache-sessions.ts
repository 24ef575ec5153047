import { createLookupCache } from './lookup-cache.ts';
import type { LimitLookup, SessionFinder, SessionReader, SessionRecord } from './ports.ts';

export interface SessionCache extends SessionFinder {
  /** Reads this session anew when it is asked for next. */
  forget(token: string): void;
  forgetWhere(matches: (session: SessionRecord) => boolean): void;
  clear(): void;
}

/** Sessions by their cookie's token, so that a page with fifty requests asks the database once. See lookup-cache.ts. */
export function cacheSessions(
  reader: Pick<SessionReader, 'findMany'>,
  ports: {
    readonly now: () => number;
    readonly maxEntries?: number;
    readonly used: SessionFinder['touch'];
    readonly limit?: LimitLookup | undefined;
  },
): SessionCache {
  const { maxEntries = 10_000 } = ports;
  /** By session, what is noted of one: its token, and when it was used here, which the database may not know yet. */
  let tokens = new Map<string, string>();
  let uses = new Map<string, number>();
  const withUse = (session: SessionRecord): SessionRecord => {
    const usedAtMs = uses.get(session.id) ?? 0;
    return usedAtMs > session.lastSeenAtMs ? { ...session, lastSeenAtMs: usedAtMs } : session;
  };
  const cache = createLookupCache<SessionRecord>(
    async (asked) => (await reader.findMany(asked)).map((session) => session && withUse(session)),
    ports,
  );
  const noteToken = (token: string, found: SessionRecord | undefined): SessionRecord | undefined => {
    if (found && tokens.get(found.id) !== token) {
      if (tokens.size >= maxEntries) tokens = new Map();
      tokens.set(found.id, token);
    }
    return found;
  };
  return {
    find(token, sourceAddress) {
      const found = cache.get(token, sourceAddress);
      return found instanceof Promise ? found.then((later) => noteToken(token, later)) : noteToken(token, found);
    },
    touch(id, nowMs) {
      if (uses.size >= maxEntries) uses = new Map();
      uses.set(id, nowMs);
      const token = tokens.get(id);
      // First here: the requests that come meanwhile must not all write it.
      if (token !== undefined) cache.replace(token, (session) => ({ ...session, lastSeenAtMs: nowMs }));
      ports.used(id, nowMs);
    },
    forget: (token) => cache.forget(token),
    forgetWhere: (matches) => cache.forgetWhere(matches),
    clear() {
      tokens = new Map();
      cache.clear();
    },
  };
}
