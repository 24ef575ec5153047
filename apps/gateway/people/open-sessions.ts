import type { AuditQueue } from '#audit';
import type { Config } from '#config';
import type { SessionFinder } from '#identity';
import type { AuditDecision } from '#model';
import type { Snapshot } from '#pipeline';
import type { Store } from '#store';
import type { Log } from '../log.ts';
import { createLoginIssuers, type LoginIssuers } from '../login/login-issuers.ts';
import { createPersonNamer, type NamePerson } from '../login/name-person.ts';
import type { People } from './follow-people.ts';
import { recordOfEndedSession } from './record-ended-session.ts';
import { createSessionRefresher, refreshOnUse, type SessionRefresher } from './refresh-sessions.ts';
import { createSessions, type Sessions } from './sessions.ts';

export interface OpenedSessions {
  readonly namePerson: NamePerson;
  readonly issuers: LoginIssuers;
  /** As their owners and admins see them. */
  readonly sessions: Sessions;
  /** As requests find them: with claims as new as they should be. */
  readonly finder: SessionFinder;
  readonly refreshDue: SessionRefresher['refreshDue'];
}

/** What there is of browser sessions in a worker, beside login itself. */
export function openSessions(parts: {
  readonly config: Config;
  readonly store: Store;
  readonly people: Pick<People, 'sessions'>;
  readonly audit: Pick<AuditQueue, 'record' | 'recordDurably'>;
  readonly servedBy: string;
  snapshot(): Snapshot;
  applied(): Promise<void>;
  readonly log: Log;
  now(): number;
}): OpenedSessions {
  const { config, store, people, snapshot, applied, log, now } = parts;
  const namePerson = createPersonNamer(snapshot);
  const issuers = createLoginIssuers({
    snapshot,
    secrets: store.secrets,
    allowLoopback: config.outbound.insecureAllowLoopback,
    now,
  });
  const refresher = createSessionRefresher({
    sessions: store.sessions,
    users: store.users,
    providers: issuers.providers,
    namePerson,
    refreshIntervalSeconds: config.session.refreshIntervalSeconds,
    applied,
    async ending(session, reason) {
      const nowMs = now();
      const { revision } = snapshot();
      const { servedBy } = parts;
      const start = recordOfEndedSession(session, reason, { nowMs, revision, servedBy, namePerson });
      const complete = (decision: AuditDecision): void => {
        const durationMs = now() - nowMs;
        const end = { stage: 'ResponseComplete', completedAtMs: now(), durationMs, decision } as const;
        parts.audit.record({ ...start, ...end }, true);
      };
      try {
        await parts.audit.recordDurably(start);
      } catch (error) {
        complete('refused');
        throw error;
      }
      return complete;
    },
    log,
    now,
  });
  return {
    namePerson,
    issuers,
    sessions: createSessions({ store: store.sessions, namePerson, applied, now }),
    finder: refreshOnUse(people.sessions, refresher, now),
    refreshDue: refresher.refreshDue,
  };
}
