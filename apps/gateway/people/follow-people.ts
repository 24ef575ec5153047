import { describeError } from '#errors';
import {
  cacheSessions,
  createLookupCache,
  type AccessTokenFinder,
  type AccessTokenReader,
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
  /** Forgets what was remembered of tokens and sessions and reads who is disabled; resolves when that is in force. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowPeoplePorts {
  readonly accessTokens: AccessTokenReader & AccessTokenStore;
  readonly sessions: SessionReader & Pick<SessionStore, 'noteSessionsUsed'>;
  readonly users: UserStore;
  readonly storedTokens: Pick<StoredTokenStore, 'noteStoredTokensUsed'>;
  readonly limitLookup?: LimitLookup;
  /** Told of every change, here or at a replica. */
  onChange(listener: () => void): () => void;
  readonly log: Log;
  now(): number;
}

const WRITE_EVERY_MS = 30_000;
/** A person is noted at most this often. */
const SEEN_EVERY_MS = 5 * 60_000;
const MAX_REMEMBERED = 50_000;

const keyOf = (issuerUrl: string, subject: string): string => `${issuerUrl} ${subject}`;

/**
 * What a worker knows of people between two looks at the database: who is disabled (a set, read anew at each change),
 * tokens that were looked up, and who was seen. A revocation anywhere bumps the store's revision, which every worker
 * and replica hears of. @throws where the store cannot be read: a gateway that does not know who is disabled serves nobody.
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
  const forget = (): void => {
    tokens.clear();
    sessions.clear();
  };
  let disabled = await readDisabled();

  async function readDisabled(): Promise<ReadonlySet<string>> {
    return new Set((await users.listDisabled()).map(({ issuerUrl, subject }) => keyOf(issuerUrl, subject)));
  }
  async function readAgain(): Promise<void> {
    forget();
    disabled = await readDisabled();
    // Once more: what was looked up while the set was read may be of before the change.
    forget();
  }
  // Two reads of who is disabled side by side could end in the other order, and the older set would let somebody in again.
  const refresh = oneAtATime(readAgain);
  const stopListening = ports.onChange(() => {
    refresh().catch((error: unknown) =>
      log.error('disabled people not read; trying again', { error: describeError(error) }),
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
  // The set is read again with each write: behind a lost notification and a failed read.
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
    disabledPeople: { has: (issuerUrl, subject) => disabled.size > 0 && disabled.has(keyOf(issuerUrl, subject)) },
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
      toNote.set(keyOf(issuerUrl, subject), { issuer, issuerUrl, subject, username, atMs: nowMs });
    },
    refresh,
    async stop() {
      clearInterval(timer);
      stopListening();
      await sessionUses.write();
      await write().catch((error: unknown) => log.warn('uses of tokens not written', { error: describeError(error) }));
    },
  };
}
