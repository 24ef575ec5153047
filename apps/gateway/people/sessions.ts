import type { LoginSession, SessionFilter, SessionStore } from '#login';
import type { Identity } from '#model';
import type { NamePerson } from '../login/name-person.ts';

export interface SessionView {
  readonly id: string;
  /** As the Issuer names the person now; empty where it does not any more. */
  readonly username: string;
  readonly issuer: string;
  readonly issuerUrl: string;
  readonly subject: string;
  readonly createdAt: string;
  /** Within a minute. */
  readonly lastSeenAt: string;
  /** When it ends, if it is not used any more. */
  readonly expiresAt: string;
  readonly sourceAddress?: string;
  readonly userAgent?: string;
}

/** A person is (issuer URL, subject), so that a rename keeps their sessions together. */
export type SessionOwner = Pick<Identity, 'issuerUrl' | 'subject'>;

export interface Sessions {
  /** Newest first; expired ones left out. */
  list(filter: SessionFilter): Promise<SessionView[]>;
  /** Ends those that fit; resolves with their ids when no worker lets them in any more. */
  end(filter: SessionFilter): Promise<readonly string[]>;
}

export interface SessionsPorts {
  readonly store: Pick<SessionStore, 'list' | 'end'>;
  readonly namePerson: NamePerson;
  /** Resolves when every worker has forgotten what it remembered of sessions. */
  applied(): Promise<void>;
  now(): number;
}

/** Browser sessions, as their owner and an admin see them. What one has open is cut when it ends (open-streams.ts). */
export function createSessions({ store, namePerson, applied, now }: SessionsPorts): Sessions {
  const view = (session: LoginSession): SessionView => {
    const { id, issuer, issuerUrl, subject, sourceAddress, userAgent } = session;
    const named = namePerson(issuer, session.claims);
    return {
      id,
      username: named.ok && named.identity.issuerUrl === issuerUrl ? named.identity.username : '',
      issuer,
      issuerUrl,
      subject,
      createdAt: time(session.createdAtMs),
      lastSeenAt: time(session.lastSeenAtMs),
      expiresAt: time(endOf(session)),
      ...(sourceAddress === undefined ? {} : { sourceAddress }),
      ...(userAgent === undefined ? {} : { userAgent }),
    };
  };
  return {
    async list(filter) {
      const nowMs = now();
      return (await store.list(filter)).filter((session) => nowMs < endOf(session)).map(view);
    },
    async end(filter) {
      const ended = await store.end(filter);
      if (ended.length > 0) await applied();
      return ended;
    },
  };
}

const endOf = ({ expiresAtMs, lastSeenAtMs, idleTimeoutMs }: LoginSession): number =>
  Math.min(expiresAtMs, lastSeenAtMs + idleTimeoutMs);
const time = (ms: number): string => new Date(ms).toISOString();
