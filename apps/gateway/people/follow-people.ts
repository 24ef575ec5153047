import { describeError } from '#errors';
import {
  cacheSessions,
  affects,
  createLookupCache,
  personKey,
  type AccessTokenFinder,
  type AccessTokenReader,
  type Affected,
  type CredentialStore,
  type DisabledPeople,
  type FoundAccessToken,
  type LimitLookup,
  type SessionCache,
  type SessionReader,
} from '#identity';
import type { AccessTokenStore, SeenPerson, SessionStore, UserStore } from '#login';
import type { StoredTokenStore } from '#mapping';
import type { Identity } from '#model';
import { oneAtATime } from '#pipeline';
import type { Log } from '../log.ts';
import { gatherUses } from './gather-uses.ts';

export interface People {
  readonly accessTokens: AccessTokenFinder;
  readonly sessions: SessionCache;
  readonly disabledPeople: DisabledPeople;
  /** Notes that this person was here; written with others, within half a minute. */
  seen(identity: Identity): void;
  /** Notes that this stored token was used; written with others. */
  storedTokenUsed(id: string): void;
  /** Drops cached credentials of the people whose credentials have changed; resolves when the change is in force. */
  refresh(): Promise<void>;
  /** Drops those of everybody, whether anything has changed or not. */
  refreshAll(): Promise<void>;
  /** Notifies of the affected people once a change is in force; `refresh` waits for the listener. */
  onChanged(listener: (affected: Affected) => Promise<void>): void;
  stop(): Promise<void>;
}

export interface FollowPeoplePorts {
  readonly accessTokens: AccessTokenReader & AccessTokenStore;
  readonly sessions: SessionReader & Pick<SessionStore, 'noteSessionsUsed'>;
  readonly users: UserStore;
  readonly storedTokens: Pick<StoredTokenStore, 'noteStoredTokensUsed'>;
  readonly limitLookup?: LimitLookup;
  readonly credentials: CredentialStore;
  readonly log: Log;
  now(): number;
}

const WRITE_EVERY_MS = 30_000;
/** A person is noted at most this often. */
const SEEN_EVERY_MS = 5 * 60_000;
const MAX_REMEMBERED = 50_000;

/**
 * Caches what a worker knows about people between two reads of the database: disabled people (a set), tokens and
 * sessions that were looked up, and people who were seen. A revocation anywhere raises the revision of credentials; each
 * worker and replica is notified, reads which people it affects, and drops what it has cached about them.
 * @throws when the store cannot be read: a gateway that does not know the disabled people serves nobody.
 */
export async function followPeople(ports: FollowPeoplePorts): Promise<People> {
  const { users, log, now } = ports;
  const uses = new Map<string, number>();
  const storedUses = new Map<string, number>();
  const toNote = new Map<string, SeenPerson>();
  /** By issuer and subject: strings that live as long as a verified token, and know their hash; one made of both would not. */
  let lastSeen = new Map<string, Map<string, number>>();
  let notes = 0;
  const tokens = createLookupCache<FoundAccessToken>((digests) => ports.accessTokens.findAccessTokens(digests), {
    now,
    limit: ports.limitLookup,
  });
  const sessionUses = gatherUses((used) => ports.sessions.noteSessionsUsed(used), log);
  const sessions = cacheSessions(ports.sessions, { now, used: sessionUses.note, limit: ports.limitLookup });
  const forget = (affected: Affected): void => {
    const isAffected = affects(affected);
    tokens.forgetWhere(isAffected);
    sessions.forgetWhere(isAffected);
  };
  const listeners = new Set<(affected: Affected) => Promise<void>>();
  // The revision first: a change between the two reads is read again, and not missed.
  let { revision: known } = await ports.credentials.changesSince(0);
  let disabled = await readDisabled();
  let isAllAsked = false;

  async function readDisabled(): Promise<ReadonlySet<string>> {
    return new Set((await users.listDisabled()).map(personKey));
  }
  async function readAgain(): Promise<void> {
    const isAll = isAllAsked;
    isAllAsked = false;
    const changes = await ports.credentials.changesSince(known).catch((error: unknown) => {
      // Somebody's credentials have changed, and it is unknown whose.
      forget('everyone');
      throw error;
    });
    const { affected } = changes;
    const isChanged = affected === 'everyone' || affected.length > 0;
    if (!isChanged && !isAll) return;
    // Look-ups that began after the changes were read see them already.
    forget(isAll ? 'everyone' : affected);
    disabled = await readDisabled();
    known = changes.revision;
    if (isChanged) await Promise.all([...listeners].map((listener) => listener(affected)));
  }
  // Two reads of who is disabled side by side could end in the other order, and the older set would let somebody in again.
  const refresh = oneAtATime(readAgain);
  const stopListening = ports.credentials.onChange(() => {
    refresh().catch((error: unknown) =>
      log.error('changed credentials not read; trying again', { error: describeError(error) }),
    );
  });

  async function write(): Promise<void> {
    const used = [...uses].map(([id, atMs]) => ({ id, atMs }));
    const people = [...toNote.values()];
    const usedStored = [...storedUses].map(([id, atMs]) => ({ id, atMs }));
    uses.clear();
    storedUses.clear();
    toNote.clear();
    if (usedStored.length > 0) await ports.storedTokens.noteStoredTokensUsed(usedStored);
    if (used.length > 0) await ports.accessTokens.noteAccessTokensUsed(used);
    if (people.length > 0) await users.noteSeen(people);
  }
  // Changes are read with each write too: behind a lost notification and a failed read.
  const timer = setInterval(() => {
    Promise.all([write(), refresh()]).catch((error: unknown) =>
      log.warn('uses of tokens not written', { error: describeError(error) }),
    );
  }, WRITE_EVERY_MS);
  timer.unref();

  return {
    accessTokens: {
      findAccessToken(digest, sourceAddress) {
        const found = tokens.get(digest, sourceAddress);
        if (found instanceof Promise) return found.then((token) => (token && uses.set(token.id, now()), token));
        if (found) uses.set(found.id, now());
        return found;
      },
    },
    sessions,
    disabledPeople: {
      has: (issuerUrl, subject) => disabled.size > 0 && disabled.has(personKey({ issuerUrl, subject })),
    },
    storedTokenUsed: (id) => void storedUses.set(id, now()),
    seen({ issuer, issuerUrl, subject, username }) {
      const nowMs = now();
      if (nowMs - (lastSeen.get(issuerUrl)?.get(subject) ?? -Infinity) < SEEN_EVERY_MS) return;
      if (++notes > MAX_REMEMBERED) {
        lastSeen = new Map();
        notes = 1;
      }
      const ofIssuer = lastSeen.get(issuerUrl) ?? new Map<string, number>();
      lastSeen.set(issuerUrl, ofIssuer.set(subject, nowMs));
      toNote.set(personKey({ issuerUrl, subject }), { issuer, issuerUrl, subject, username, atMs: nowMs });
    },
    refresh,
    refreshAll() {
      isAllAsked = true;
      return refresh();
    },
    onChanged: (listener) => void listeners.add(listener),
    async stop() {
      clearInterval(timer);
      stopListening();
      await sessionUses.write();
      await write().catch((error: unknown) => log.warn('uses of tokens not written', { error: describeError(error) }));
    },
  };
}
