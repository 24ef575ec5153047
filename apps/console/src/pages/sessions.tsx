import { useState } from 'react';
import { api } from '../api.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Failure } from '../failure.tsx';
import { PageHeading } from '../page-heading.tsx';
import { SessionTable } from '../session-table.tsx';
import { showText } from '../show-text.ts';
import type { Me, SessionView } from '../types.ts';
import { useAct } from '../use-act.ts';
import { useLoaded } from '../use-loaded.ts';

/** What is asked before it is done. */
type Asked = { readonly what: 'one' | 'person'; readonly session: SessionView } | { readonly what: 'mine' };

/** One's own browser sessions, and for an admin everybody's. */
export function SessionsPage({ me }: { me: Me }) {
  const own = useLoaded('own sessions', api.ownSessions);
  const [said, setSaid] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const [everybodysRound, setRound] = useState(0);
  const { busy, error, run } = useAct();
  const end = async (message: string, work: () => Promise<unknown>): Promise<void> => {
    setAsked(undefined);
    if (!(await run(work))) return;
    setSaid(message);
    setRound((round) => round + 1);
    own.reload();
  };
  const endMine = (id: string): void => void end('The session has ended.', () => api.endOwnSession(id));
  return (
    <>
      <PageHeading title="Sessions" />
      <p>
        Where you are logged in with a browser. Ending a session logs that browser out and cuts what it has open; tokens
        go on.
      </p>
      <p role="status">{own.busy ? 'Loading…' : said}</p>
      {error && <Failure error={error} title="Not ended" />}
      {own.loaded.state === 'failed' && <Failure error={own.loaded.error} />}
      {own.loaded.state === 'ready' && (
        <>
          <SessionTable
            label="Your sessions"
            sessions={own.loaded.value.items}
            busy={busy}
            onEnd={({ id }) => endMine(id)}
          />
          <p>
            <button type="button" className="danger" disabled={busy} onClick={() => setAsked({ what: 'mine' })}>
              End all of mine
            </button>
          </p>
        </>
      )}
      {me.gateway.canEndSessions && (
        <Everybodys
          key={everybodysRound}
          busy={busy}
          onEnd={(session) => setAsked({ what: 'one', session })}
          onEndAll={(session) => setAsked({ what: 'person', session })}
        />
      )}
      {asked?.what === 'mine' && (
        <ConfirmDialog
          title="End all of your sessions?"
          act="End them"
          onClose={() => setAsked(undefined)}
          onConfirm={() => void end('All have ended.', api.endOwnSessions)}
        >
          <p>Also this one: you will have to log in again.</p>
        </ConfirmDialog>
      )}
      {asked?.what === 'one' && (
        <ConfirmDialog
          title={`End this session of ${nameOf(asked.session)}?`}
          act="End it"
          onClose={() => setAsked(undefined)}
          onConfirm={() => void end('The session has ended.', () => api.endSession(asked.session.id))}
        >
          <p>What it has open is cut.</p>
        </ConfirmDialog>
      )}
      {asked?.what === 'person' && (
        <ConfirmDialog
          title={`End all sessions of ${nameOf(asked.session)}?`}
          act="End them"
          onClose={() => setAsked(undefined)}
          onConfirm={() => void end('All of that person have ended.', () => api.endSessionsOf(asked.session))}
        >
          <p>What they have open is cut. The person may log in again; disable the person to prevent that.</p>
        </ConfirmDialog>
      )}
    </>
  );
}

const nameOf = (session: SessionView): string => showText(session.username || session.subject || '');

interface EverybodysProps {
  busy: boolean;
  onEnd: (session: SessionView) => void;
  onEndAll: (session: SessionView) => void;
}

function Everybodys({ busy, onEnd, onEndAll }: EverybodysProps) {
  const { loaded } = useLoaded('all sessions', api.sessions);
  return (
    <>
      <h2>Everybody’s</h2>
      {loaded.state === 'loading' && <p role="status">Loading…</p>}
      {loaded.state === 'failed' && <Failure error={loaded.error} />}
      {loaded.state === 'ready' && (
        <SessionTable
          label="Everybody’s sessions"
          sessions={loaded.value}
          busy={busy}
          onEnd={onEnd}
          onEndAll={onEndAll}
        />
      )}
    </>
  );
}
