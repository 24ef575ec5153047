import { describeError } from '#errors';
import { isDeepStrictEqual } from 'node:util';
import type { SessionCache, SessionFinder, SessionRecord } from '#identity';
import {
  refreshSession,
  type LoginSession,
  type Providers,
  type RefreshedSession,
  type SessionStore,
  type UserStore,
} from '#login';
import type { Log } from '../log.ts';
import type { NamePerson } from '../login/name-person.ts';

export interface SessionRefresher {
  /** Resolves when the claims of this session, if they are too old, are as new as can be had. */
  refresh(id: string): Promise<void>;
  /** The same of those of these sessions that are due. */
  refreshDue(ids: readonly string[]): Promise<void>;
}

export interface RefresherPorts {
  readonly sessions: Pick<SessionStore, 'dueForRefresh' | 'leaseRefresh' | 'finishRefresh' | 'postponeRefresh' | 'end'>;
  readonly users: Pick<UserStore, 'noteSeen'>;
  readonly providers: Providers;
  readonly namePerson: NamePerson;
  readonly refreshIntervalSeconds: number;
  /** Resolves when every worker has forgotten what it remembered of sessions, and judged its streams again. */
  applied(): Promise<void>;
  /**
   * Called before a session is ended that the provider has ended; resolves, when its start record is saved, with what
   * to call afterwards. What it throws ends nothing.
   */
  ending(session: LoginSession, reason: string): Promise<(outcome: 'allow' | 'error') => void>;
  readonly log: Log;
  now(): number;
}

/** Longer than discovery, token and userinfo endpoint may take together. */
const LEASE_MS = 40_000;
/** While another worker or replica is at it, a request waits so long, and then goes on with the claims of before. */
const WAIT_MS = 3_000;
const LOOK_EVERY_MS = 50;
const KEEP_AGAIN_MS = 1_000;
/** After a provider could not be asked; no later than the next refresh would have been. */
const RETRY_AFTER_MS = 30_000;
const AT_A_TIME = 8;
/** Claims that differ in every token and say nothing of the person. */
const OF_THE_TOKEN = new Set(['iat', 'exp', 'nbf', 'jti', 'nonce', 'at_hash', 'c_hash', 's_hash', 'auth_time', 'rat']);

/**
 * Asks the provider anew for the claims of a session once they are older than the interval: once, whichever workers and
 * replicas find out (a lease in the session's row). What came of it is read again by whoever waited. A provider that
 * refuses ends the session; one that cannot be asked leaves it as it is, until its own end.
 */
export function createSessionRefresher(ports: RefresherPorts): SessionRefresher {
  const { sessions, providers, log, now } = ports;
  const retryAfterMs = Math.min(RETRY_AFTER_MS, ports.refreshIntervalSeconds * 1000);
  const running = new Map<string, Promise<void>>();
  /** By issuer: until when it is not asked, so that an outage costs few people a wait. */
  const quietUntilMs = new Map<string, number>();

  async function act(id: string): Promise<void> {
    const untilMs = now() + LEASE_MS;
    const leased = await sessions.leaseRefresh(id, now(), untilMs);
    if (!leased) return await waitForOther(id);
    const { session, tokens } = leased;
    // Lost with an encryption key: its claims could only grow older.
    if (tokens?.refreshToken === undefined) return await end(session, 'its refresh token is not there any more');
    if (now() < (quietUntilMs.get(session.issuer) ?? 0))
      return await sessions.postponeRefresh(id, untilMs, now() + retryAfterMs);
    const refreshed = await refreshSession(session, { ...tokens, refreshToken: tokens.refreshToken }, providers);
    if (refreshed.outcome === 'unavailable') {
      quietUntilMs.set(session.issuer, now() + retryAfterMs);
      log.warn('a session is not refreshed; it goes on, and is tried again', {
        session: id,
        issuer: session.issuer,
        error: describeError(refreshed.cause),
      });
      const refreshAfterMs = now() + retryAfterMs;
      const { tokens: rotated } = refreshed;
      if (rotated) await keep(id, untilMs, { claims: session.claims, tokens: rotated, refreshAfterMs, tell: false });
      else await sessions.postponeRefresh(id, untilMs, refreshAfterMs);
      return;
    }
    if (refreshed.outcome === 'refused') return await end(session, refreshed.reason);
    const tell = !isSame(session.claims, refreshed.claims);
    const refreshAfterMs = now() + ports.refreshIntervalSeconds * 1000;
    const { claims } = refreshed;
    const kept = await keep(id, untilMs, { claims, tokens: refreshed.tokens, refreshAfterMs, tell });
    if (!kept || !tell) return;
    const named = ports.namePerson(session.issuer, claims);
    if (named.ok) {
      const { issuer, issuerUrl, subject, username } = named.identity;
      await ports.users.noteSeen([{ issuer, issuerUrl, subject, username, claims, atMs: now() }]);
    }
    await ports.applied();
  }

  async function end(session: LoginSession, reason: string): Promise<void> {
    const ended = await ports.ending(session, reason);
    try {
      await sessions.end({ id: session.id });
      ended('allow');
    } catch (error) {
      ended('error');
      throw error;
    }
    await ports.applied();
  }

  /** A rotated refresh token that is not stored is lost, and with it the session: so it is tried while the lease lasts. */
  async function keep(id: string, untilMs: number, refreshed: RefreshedSession): Promise<boolean> {
    for (;;) {
      try {
        return await sessions.finishRefresh(id, untilMs, refreshed);
      } catch (error) {
        if (now() + KEEP_AGAIN_MS >= untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, KEEP_AGAIN_MS));
      }
    }
  }

  async function waitForOther(id: string): Promise<void> {
    const untilMs = now() + WAIT_MS;
    do await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    while ((await sessions.dueForRefresh([id], now())).length > 0 && now() < untilMs);
  }

  function refresh(id: string): Promise<void> {
    const mine = running.get(id) ?? act(id).finally(() => running.delete(id));
    running.set(id, mine);
    return mine;
  }

  return {
    refresh,
    async refreshDue(ids) {
      const due = await sessions.dueForRefresh(ids, now());
      for (let at = 0; at < due.length; at += AT_A_TIME) await Promise.all(due.slice(at, at + AT_A_TIME).map(refresh));
    },
  };
}

/** A finder whose sessions have claims as new as they should be. */
export function refreshOnUse(cache: SessionCache, refresher: SessionRefresher, now: () => number): SessionFinder {
  const isDue = (found: SessionRecord | undefined): found is SessionRecord => {
    if (found?.refreshAfterMs === undefined) return false;
    const nowMs = now();
    // One that has ended by itself is no reason to ask anybody.
    return (
      nowMs >= found.refreshAfterMs && nowMs < found.expiresAtMs && nowMs - found.lastSeenAtMs < found.idleTimeoutMs
    );
  };
  async function refreshed(
    token: string,
    sourceAddress: string | undefined,
    { id }: SessionRecord,
  ): Promise<SessionRecord | undefined> {
    try {
      await refresher.refresh(id);
    } finally {
      cache.forget(token);
    }
    return await cache.find(token, sourceAddress);
  }
  return {
    touch: cache.touch,
    find(token, sourceAddress) {
      const found = cache.find(token, sourceAddress);
      if (found instanceof Promise)
        return found.then((later) => (isDue(later) ? refreshed(token, sourceAddress, later) : later));
      return isDue(found) ? refreshed(token, sourceAddress, found) : found;
    },
  };
}

function isSame(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const lasting = (claims: object) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => !OF_THE_TOKEN.has(name)));
  return isDeepStrictEqual(lasting(one), lasting(other));
}
