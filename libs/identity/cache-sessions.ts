import { createLookupCache } from './lookup-cache.ts';
import type { SessionFinder, SessionRecord } from './ports.ts';

export interface SessionCache extends SessionFinder {
  /** Reads this session anew when it is asked for next. */
  forget(token: string): void;
  clear(): void;
}

/** Sessions by their cookie's token, so that a page with fifty requests asks the database once. See lookup-cache.ts. */
export function cacheSessions(
  finder: SessionFinder,
  ports: { readonly now: () => number; readonly maxEntries?: number },
): SessionCache {
  const cache = createLookupCache<SessionRecord>((token) => finder.find(token), ports);
  /** Tokens by session, for what is noted of one. */
  let tokens = new Map<string, string>();
  return {
    async find(token) {
      const found = await cache.get(token);
      if (found && tokens.get(found.id) !== token) {
        if (tokens.size >= (ports.maxEntries ?? 10_000)) tokens = new Map();
        tokens.set(found.id, token);
      }
      return found;
    },
    async touch(id, nowMs) {
      const token = tokens.get(id);
      const found = token === undefined ? undefined : await cache.get(token);
      // First here: the requests that come meanwhile must not all write it.
      if (token !== undefined && found) cache.replace(token, { ...found, lastSeenAtMs: nowMs });
      await finder.touch(id, nowMs);
    },
    forget: (token) => cache.forget(token),
    clear() {
      tokens = new Map();
      cache.clear();
    },
  };
}
